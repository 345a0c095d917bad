import type { Json } from '../base/json.ts';

/**
 * What a right answer of a task looks like: a tree whose leaves are slots that a student fills. Rendering a filled plan
 * gives the answer byte for byte in the teacher's habit; what the plan cannot express goes to the teacher.
 */
export type OutputPlan =
  | { readonly kind: 'text-answer'; readonly node: PlanNode; readonly style: TextStyle }
  | {
      readonly kind: 'tool-answer';
      readonly tools: readonly ToolPlan[];
      readonly choice: ChoiceSlot;
      readonly style: TextStyle;
    }
  /** Not learnable as it stands; `reason` says why, in words for the user. */
  | { readonly kind: 'unplannable'; readonly reason: string };

/** How the teacher writes it down. */
export interface TextStyle {
  readonly prefix: string;
  readonly suffix: string;
  /** JSON only: the separators between items and after keys, indentation; e.g. "," and ":" for minified. */
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly indent: number;
  /** JSON only: non-ASCII characters written as \u escapes. */
  readonly asciiOnly: boolean;
}

export interface ToolPlan {
  readonly name: string;
  readonly arguments: PlanNode;
}

export type PlanNode =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'choice'; readonly slot: ChoiceSlot }
  /** A function of a choice: `pairs` maps the chosen value's index to the value here. */
  | { readonly kind: 'derived'; readonly from: string; readonly values: readonly Json[] }
  | { readonly kind: 'span'; readonly slot: SpanSlot }
  | { readonly kind: 'span-list'; readonly slot: SpanSlot }
  /** The input (or a tagged part of it) with every value of `params` replaced by `placeholder`. */
  | {
      readonly kind: 'masked-span';
      readonly slot: SpanSlot;
      readonly params: string;
      readonly placeholder: string;
    }
  /** A subset of a closed set, written in `order`. */
  | { readonly kind: 'subset'; readonly slots: readonly ChoiceSlot[]; readonly values: readonly Json[] }
  | { readonly kind: 'object'; readonly fields: readonly ObjectField[] }
  | { readonly kind: 'text'; readonly slot: TextSlot };

export interface ObjectField {
  readonly key: string;
  /** null: always there. Otherwise a choice between absent (0) and present (1). */
  readonly presence: ChoiceSlot | null;
  readonly node: PlanNode;
}

/** One of a closed set: a classification head of `values.length` classes. */
export interface ChoiceSlot {
  readonly name: string;
  readonly values: readonly Json[];
}

/** Text copied from the input through a normaliser: tags over the input's tokens. */
export interface SpanSlot {
  readonly name: string;
  /** Names of normalisers (dataset/normaliser.ts), applied in order to the copied text. */
  readonly normalisers: readonly string[];
  readonly type: 'string' | 'number';
}

/** Short free text, written by a generator; without one it goes to the teacher. */
export interface TextSlot {
  readonly name: string;
}
