/** What the deep rung learns from: words and targets, whatever task they come from. */
export interface DeepRow {
  readonly tokens: readonly string[];
  /** Class per head, -1 where the head does not apply to this row. */
  readonly classes: readonly number[];
  /** Target distribution per head where the teacher gave one, else null. */
  readonly soft?: readonly (Float32Array | null)[];
  /** Tag per token and tag head, null where the head does not apply. -1 leaves a token out of the loss. */
  readonly tags: readonly (readonly number[] | null)[];
  readonly weight: number;
}

export interface DeepHeads {
  readonly choices: readonly { readonly name: string; readonly classes: number }[];
  readonly tags: readonly { readonly name: string; readonly tags: number }[];
}

export interface DeepData extends DeepHeads {
  readonly train: readonly DeepRow[];
  /** Never trained on: its loss is told, and decides when to stop unless the passes are given. May be empty. */
  readonly validation: readonly DeepRow[];
  /** The last so many choice heads only teach: they are left out of the network that serves. */
  readonly auxiliary?: number;
}

/** The heads of the network that serves. */
export function servedHeads({ choices, tags, auxiliary = 0 }: DeepData): DeepHeads {
  return { choices: choices.slice(0, choices.length - auxiliary), tags };
}

/** What the networks say about one input, averaged over them. */
export interface DeepPrediction {
  /** Class probabilities per choice head. */
  readonly probabilities: readonly Float32Array[];
  /** The same by each network alone: their disagreement is a sign of doubt. */
  readonly members: readonly (readonly Float32Array[])[];
  /** Log-probabilities per tag head, tokens x tags, row-major; rows beyond maxTokens are missing. */
  readonly tags: readonly Float32Array[];
  /** The pooled states of all networks side by side. */
  readonly pooled: Float32Array;
}

/** Total width of the choice logits and where each head starts. */
export function headOffsets(heads: DeepHeads): {
  readonly offsets: readonly number[];
  readonly total: number;
} {
  let total = 0;
  const offsets = heads.choices.map(({ classes }) => {
    const start = total;
    total += classes;
    return start;
  });
  return { offsets, total };
}
