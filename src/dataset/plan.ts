import type { Json } from '../base/json.ts';

/**
 * What a right answer of a task looks like: a tree whose leaves are slots that a student fills. Rendering a filled plan
 * gives the answer byte for byte in the teacher's habit; what the plan cannot express goes to the teacher.
 */
export type OutputPlan =
  | { readonly kind: 'text-answer'; readonly node: PlanNode; readonly style: TextStyle }
  | {
      readonly kind: 'tool-answer';
      /** One plan per tool and occurrence: the second call of a tool in one answer has a plan of its own. */
      readonly tools: readonly ToolPlan[];
      /** Each value is the list of tools called, in order; the empty list is "no tool". */
      readonly choice: ChoiceSlot;
      /** `style.text` is the text beside the calls. */
      readonly style: TextStyle;
    }
  /** Not learnable as it stands; `reason` says why, in words for the user. */
  | { readonly kind: 'unplannable'; readonly reason: string };

/** How the teacher writes it down. */
export interface TextStyle {
  /** `plain`: the value is the text itself. `json`: it is serialised with the habits below. */
  readonly format: 'plain' | 'json';
  readonly prefix: string;
  readonly suffix: string;
  /** JSON only: the separators between items and after keys, indentation; e.g. "," and ":" for minified. */
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly indent: number;
  /** JSON only: non-ASCII characters written as \u escapes. */
  readonly asciiOnly: boolean;
  /** Tool answers only: the text beside the calls. */
  readonly text: string | null;
}

export interface ToolPlan {
  readonly name: string;
  /** 0 for the first call of this tool in an answer, 1 for the second. */
  readonly occurrence: number;
  readonly arguments: PlanNode;
}

export type PlanNode =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'choice'; readonly slot: ChoiceSlot }
  /** A function of a choice: `values[i]` is the value here where `from` chose its i-th value. */
  | { readonly kind: 'derived'; readonly from: string; readonly values: readonly Json[] }
  /** Null in the answer where nothing is found and the node is `nullable`. */
  | { readonly kind: 'span'; readonly slot: SpanSlot; readonly nullable?: boolean }
  | { readonly kind: 'span-list'; readonly slot: SpanSlot }
  /** The tagged part of the input with every value of the span list `params` replaced by `placeholder`. */
  | {
      readonly kind: 'masked-span';
      readonly slot: SpanSlot;
      readonly params: string;
      readonly placeholder: string;
    }
  /** A subset of a closed set: one absent/present choice per value, written in the order of `values`. */
  | { readonly kind: 'subset'; readonly slots: readonly ChoiceSlot[]; readonly values: readonly Json[] }
  | {
      readonly kind: 'object';
      readonly fields: readonly ObjectField[];
      /** `plan` (the default): keys in the order of `fields`. `input`: copied fields in the order of their places in the input. */
      readonly order?: 'plan' | 'input';
    }
  | { readonly kind: 'text'; readonly slot: TextSlot };

export interface ObjectField {
  readonly key: string;
  /** null: always there. `found`: there where its span is found. Otherwise a choice between absent (0) and present (1). */
  readonly presence: ChoiceSlot | 'found' | null;
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
  /** What stands between the texts of several spans that make one value; null where a value is one span. */
  readonly join?: string | null;
}

/** Short free text, written by a generator; without one it goes to the teacher. */
export interface TextSlot {
  readonly name: string;
}

/** Every choice slot of a plan, outermost first. */
export function choiceSlots(plan: OutputPlan): ChoiceSlot[] {
  if (plan.kind === 'unplannable') return [];
  if (plan.kind === 'text-answer') return nodeSlots(plan.node).choices;
  return [plan.choice, ...plan.tools.flatMap((tool) => nodeSlots(tool.arguments).choices)];
}

/** Slots below a node, in the order of the answer. Span slots of masked spans are included. */
export function nodeSlots(node: PlanNode): { choices: ChoiceSlot[]; spans: SpanSlot[]; texts: TextSlot[] } {
  const found = { choices: [] as ChoiceSlot[], spans: [] as SpanSlot[], texts: [] as TextSlot[] };
  collect(node, found);
  return found;
}

function collect(node: PlanNode, found: ReturnType<typeof nodeSlots>): void {
  if (node.kind === 'choice') found.choices.push(node.slot);
  else if (node.kind === 'subset') found.choices.push(...node.slots);
  else if (node.kind === 'text') found.texts.push(node.slot);
  else if (node.kind === 'span' || node.kind === 'span-list' || node.kind === 'masked-span')
    found.spans.push(node.slot);
  else if (node.kind === 'object') {
    for (const field of node.fields) {
      if (field.presence !== null && field.presence !== 'found') found.choices.push(field.presence);
      collect(field.node, found);
    }
  }
}
