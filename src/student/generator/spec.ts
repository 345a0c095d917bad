/** What a generator is made of and how it learns. */
export interface GeneratorSpec {
  readonly seed: number;
  readonly width: number;
  readonly heads: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** Width in which the output looks for what to copy. */
  readonly pointer: number;
  readonly dropout: number;
  /** Share of the input's words that are read as unknown ones: what is copied must not depend on knowing it. */
  readonly wordDropout: number;
  /** Peak learning rate. */
  readonly rate: number;
  readonly warmup: number;
  readonly decay: number;
  readonly clip: number;
  readonly averageDecay: number;
  readonly averageEvery: number;
  readonly batch: number;
  /** Steps over all rows; fewer where a step reads much. */
  readonly steps: number;
  /** Looks at how many held-out values are written exactly. */
  readonly looks: number;
}

export const defaultGenerator: GeneratorSpec = {
  seed: 1,
  width: 96,
  heads: 4,
  encoderLayers: 2,
  decoderLayers: 2,
  pointer: 64,
  dropout: 0.2,
  wordDropout: 0.1,
  rate: 1.5e-3,
  warmup: 0.08,
  decay: 0.05,
  clip: 1,
  averageDecay: 0.98,
  averageEvery: 5,
  batch: 64,
  steps: 800,
  looks: 8,
};

/** Longest inputs and values, in pieces; what is longer stays with the teacher. */
export const longest = {
  word: { input: 112, output: 48 },
  character: { input: 144, output: 121 },
} as const;

/** Distances from the last copied piece that are told apart, to either side. */
export const reach = 6;
