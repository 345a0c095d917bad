import type { FeatureOptions } from './features.ts';

/** One network of the deep rung. Several are trained one after the other and averaged. */
export type EncoderSpec = CommonSpec &
  (
    | {
        readonly kind: 'cnn';
        readonly width: number;
        readonly filters: number;
        /** Convolution windows in words. */
        readonly windows: readonly number[];
      }
    | {
        readonly kind: 'transformer';
        readonly width: number;
        readonly layers: number;
        readonly heads: number;
      }
  );

interface CommonSpec {
  /** Share of the units that is zeroed while training. */
  readonly dropout: number;
  /** Peak learning rate. */
  readonly rate: number;
}

export interface TrainingSpec {
  readonly epochs: number;
  /** Fewer epochs where they would read more tokens than this: long inputs must not train for hours. */
  readonly tokenBudget: number;
  readonly batch: number;
  readonly warmup: number;
  readonly decay: number;
  readonly labelSmoothing: number;
  readonly wordDropout: number;
  /** Beta parameter of mixup on the pooled state; 0 switches it off. */
  readonly mixup: number;
  readonly clip: number;
  readonly averageDecay: number;
  readonly averageEvery: number;
  /** Epochs without a better validation loss before training stops. */
  readonly patience: number;
}

export interface DeepSpec {
  readonly seed: number;
  readonly encoders: readonly EncoderSpec[];
  readonly training: TrainingSpec;
  readonly features: FeatureOptions;
  /** Longer inputs are cut. */
  readonly maxTokens: number;
}

export const cnn = {
  kind: 'cnn',
  width: 128,
  filters: 256,
  windows: [1, 2, 3],
  dropout: 0.4,
  rate: 2e-3,
} as const satisfies EncoderSpec;

/** Several of these, from other random starts, rank better than as many of different sizes. */
export const largeCnn = { ...cnn, filters: 448 } as const satisfies EncoderSpec;

export const transformer = {
  kind: 'transformer',
  width: 128,
  layers: 2,
  heads: 4,
  dropout: 0.2,
  rate: 1e-3,
} as const satisfies EncoderSpec;

export const defaultTraining: TrainingSpec = {
  epochs: 12,
  tokenBudget: 2.5e6,
  batch: 64,
  warmup: 0.06,
  decay: 0.05,
  labelSmoothing: 0.05,
  wordDropout: 0.2,
  mixup: 0,
  clip: 1,
  averageDecay: 0.98,
  averageEvery: 5,
  patience: 4,
};

export const defaultSpec: DeepSpec = {
  seed: 1,
  encoders: [largeCnn, largeCnn, transformer],
  training: defaultTraining,
  features: {},
  maxTokens: 128,
};
