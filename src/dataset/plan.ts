import type { Json } from '../base/json.ts';
import type { EndingHabit } from './ending.ts';
import type { ItemForm } from './itemForms.ts';
import type { TimeUnit } from './moments.ts';
import type { TableHabit } from './notations/table.ts';
import type { XmlHabit } from './notations/xml.ts';
import type { YamlHabit } from './notations/yaml.ts';

/**
 * What a right answer of a task looks like: a tree whose leaves are slots that a student fills. Rendering a filled plan
 * gives the answer byte for byte in the teacher's habit; what the plan cannot express goes to the teacher.
 */
export type OutputPlan =
  | {
      readonly kind: 'text-answer';
      readonly node: PlanNode;
      readonly style: TextStyle;
      /** Absent: answers end by themselves. */
      readonly endings?: EndingHabit;
      readonly route?: ChoiceSlot;
    }
  | {
      readonly kind: 'tool-answer';
      /** One plan per tool and occurrence: the second call of a tool in one answer has a plan of its own. */
      readonly tools: readonly ToolPlan[];
      /** Each value is the list of tools called, in order; the empty list is "no tool". */
      readonly choice: ChoiceSlot;
      /** By value of `choice`: the text beside the calls, or in place of them; null for none. */
      readonly texts: readonly (PlanNode | null)[];
      /** How arguments are written. */
      readonly style: TextStyle;
      /** Which calls stay with the teacher and why: value 0 is null, the others are reasons in words. */
      readonly route?: ChoiceSlot;
    }
  /** Not learnable as it stands; `reason` says why, in words for the user. */
  | { readonly kind: 'unplannable'; readonly reason: string };

/** How the teacher writes it down. */
export interface TextStyle {
  /**
   * `plain`: the value is the text itself. `json`: it is serialised with the habits below. `list`: items between
   * separators. `pairs`: lines of a key and a value. `lines`: a list with its items as JSON, line by
   * line. The others are in `notations/`.
   */
  readonly format: 'plain' | 'json' | 'lines' | 'list' | 'pairs' | 'python' | 'yaml' | 'xml' | 'table';
  readonly prefix: string;
  readonly suffix: string;
  /** What the caller's prefill has written of the answer, and what a stop sequence cut off its end. */
  readonly begun: string;
  readonly cut: string;
  /** The separators between items and after keys; e.g. "," and ":" for minified JSON. */
  readonly itemSeparator: string;
  readonly keySeparator: string;
  /** JSON only: one step of indentation; '' for one line. */
  readonly indent: string;
  /** JSON only: arrays of bare values stay on one line though objects do not. */
  readonly inline: boolean;
  /** JSON only: what stands inside the braces of an object on one line. */
  readonly padding: string;
  /** JSON only: non-ASCII characters written as \u escapes. */
  readonly asciiOnly: boolean;
  /** JSON only: least number of decimals by path (`total`, `items[].price`); none where a path is not listed. */
  readonly decimals: Readonly<Record<string, number>>;
  /** Lists only: what follows the number of an item ("1. ", "2. "); null where items are not numbered. */
  readonly numbered: string | null;
  /** Lists only: what is written for no items. */
  readonly none: string;
  readonly yaml?: YamlHabit;
  readonly xml?: XmlHabit;
  readonly table?: TableHabit;
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
  | {
      readonly kind: 'derived';
      readonly from: string;
      readonly values: readonly Json[];
      /** Chosen on its own as well, to speak for those choices of `from` that have this value; it fills nothing. */
      readonly hint?: ChoiceSlot;
    }
  /** `missing` is written where nothing is found: null, "n/a", an empty text. Without it the field is left out. */
  | { readonly kind: 'span'; readonly slot: SpanSlot; readonly missing?: Json }
  /** `distinct`: each value once, however often it stands in the input, in the order of first sight or sorted. */
  | { readonly kind: 'span-list'; readonly slot: SpanSlot; readonly distinct?: 'seen' | 'sorted' }
  /** The tagged part of the input with every value of the span list `params` replaced by `placeholder`. */
  | {
      readonly kind: 'masked-span';
      readonly slot: SpanSlot;
      readonly params: string;
      readonly placeholder: string;
    }
  /** The text of a slot of the input, without space around it, in which the places of some slots are replaced. */
  | { readonly kind: 'rewritten'; readonly from: string; readonly changes: readonly Change[] }
  | WordTags
  /** A subset of a closed set: one absent/present choice per value, written in the order of `values`. */
  | { readonly kind: 'subset'; readonly slots: readonly ChoiceSlot[]; readonly values: readonly Json[] }
  | {
      readonly kind: 'object';
      readonly fields: readonly ObjectField[];
      /** `plan` (the default): keys in the order of `fields`. `input`: copied fields in the order of their places in the input. */
      readonly order?: 'plan' | 'input';
    }
  /** Null where the slot chose false. */
  | { readonly kind: 'maybe'; readonly slot: ChoiceSlot; readonly node: PlanNode }
  | RecordList
  /** A list that always has these items. */
  | { readonly kind: 'tuple'; readonly items: readonly PlanNode[] }
  /** A function of the other fields of its object, or of the input alone. */
  | { readonly kind: 'formula'; readonly formula: Formula }
  /** A text of constant pieces with nodes between them; a node that is null leaves its place empty. */
  | { readonly kind: 'template'; readonly parts: readonly (string | PlanNode)[] }
  /** Templates only: what stands in an earlier gap once more. `gap` counts from 0. */
  | { readonly kind: 'again'; readonly gap: number }
  /** Objects only: a text with marks in it where it says what other fields have (dataset/worded.ts). */
  | { readonly kind: 'worded'; readonly node: PlanNode; readonly mentions: readonly Mention[] }
  /** Objects only: a date or time so much after that of another field, which the input says and the answer does not. */
  | {
      readonly kind: 'after';
      readonly of: string;
      readonly unit: TimeUnit;
      readonly by: PlanNode & { readonly kind: 'span' };
    }
  | { readonly kind: 'text'; readonly slot: TextSlot };

/** A list of objects whose fields are copied from the input, item by item in the order of the input. */
export interface RecordList {
  readonly kind: 'record-list';
  readonly name: string;
  /** How the list is written; absent for a list of flat objects. */
  readonly form?: ItemForm;
  /** In the teacher's order. */
  readonly keys: readonly string[];
  readonly constants: Readonly<Record<string, Json>>;
  /** Keys of a closed set, and the combinations of their values: one tag of the anchor stands for each. */
  readonly closed: readonly string[];
  /** Closed keys that an item leaves out where its combination has null. */
  readonly omitted?: readonly string[];
  readonly combinations: readonly (readonly Json[])[];
  /** Keys that follow from an item's other ones, in the order in which they do. */
  readonly formulas?: Readonly<Record<string, Formula>>;
  /** The copied field that every item has. */
  readonly anchor: string;
  readonly spans: readonly RecordSpan[];
  /**
   * A new item begins where a field comes again, where the usual order of fields begins anew, or with a new line; or
   * fields go with the anchor that is nearest.
   */
  readonly rule: 'repeat' | 'order' | 'line' | 'near';
  /** Items stand in the order of their combinations, and in that of the input only where that is the same. */
  readonly byKind?: true;
  /** The usual order of fields in the input, where it is not that of `keys`. */
  readonly sequence?: readonly string[];
}

export interface RecordSpan {
  readonly key: string;
  readonly slot: SpanSlot;
  /** Anchors only: index of the combination. */
  readonly combination: number | null;
  /** What an item has where nothing is found for it. */
  readonly absent: 'null' | 'omit' | { readonly value: Json };
}

/** Another field of the same object, as a text says it. */
export interface Mention {
  readonly of: string;
  readonly normalisers: readonly string[];
}

/** A list with a tag for each word of a slot of the input. */
export interface WordTags {
  readonly kind: 'word-tags';
  readonly from: string;
  /** Words are what stands between spaces, or the tokens of `dataset/tokens.ts`. */
  readonly by: 'spaces' | 'tokens';
  /** The tag of words of no kind. */
  readonly outside: string;
  /** Tags say where a run of words begins ("B-PER", "I-PER"); else each word has its kind as its tag. */
  readonly begins: boolean;
  readonly kinds: readonly { readonly tag: string; readonly slot: SpanSlot }[];
}

/** What is written in place of each copy: a fixed text, or (null) what the slot's normalisers make of it. */
export interface Change {
  readonly slot: SpanSlot;
  readonly as: string | null;
}

/** `of` names fields of the same object. */
export type Formula =
  | { readonly kind: 'count' | 'product'; readonly of: string }
  /** Sum over the items of a list: of the items themselves, or of the product of some of their fields. */
  | { readonly kind: 'sum'; readonly of: string; readonly fields: readonly string[] }
  /** `+%` and `-%`: with so many per cent more or less. Times `times` (1), rounded to `decimals` where given. */
  | {
      readonly kind: 'arithmetic';
      readonly sign: ArithmeticSign;
      readonly of: readonly [string, string];
      readonly times?: number;
      readonly decimals?: number;
    }
  /** A fixed multiple of a number and something on top: cents, a tax, the year less something. */
  | {
      readonly kind: 'scaled';
      readonly of: string;
      readonly by: number;
      readonly plus: number;
      readonly decimals: number;
    }
  /** From one date or time to another; null is the date in the prompt. */
  | {
      readonly kind: 'elapsed';
      readonly of: readonly [string | null, string | null];
      readonly unit: TimeUnit;
      readonly plus: number;
    }
  /** A date or time so much later, or earlier: by another field or always the same. */
  | { readonly kind: 'later'; readonly of: string; readonly by: string | number; readonly unit: TimeUnit }
  /** How many places of a rewritten field were replaced, or (`flag`) whether any was: those of these slots. */
  | {
      readonly kind: 'replaced';
      readonly of: string;
      readonly slots: readonly string[];
      readonly flag: boolean;
    }
  /** Where the copy of another field stands: characters before it, or up to its end. */
  | {
      readonly kind: 'place';
      readonly of: string;
      /** `both` is a list of the two. */
      readonly edge: 'start' | 'end' | 'both';
      /** Added to the end, or to the start where that stands alone. */
      readonly plus: number;
    }
  /** Whether a field is there, not null, not empty, not false. */
  | { readonly kind: 'present'; readonly of: string; readonly not: boolean }
  | { readonly kind: 'any' | 'all'; readonly of: readonly string[] }
  | { readonly kind: 'same'; readonly of: string; readonly normalisers: readonly string[] }
  /** values[i] where bounds[i - 1] <= number < bounds[i]; `missing` where the number is null. */
  | {
      readonly kind: 'steps';
      readonly of: string;
      readonly bounds: readonly number[];
      readonly values: readonly Json[];
      readonly missing?: Json;
    }
  | { readonly kind: 'measure'; readonly measure: Measure; readonly plus: number };

export type ArithmeticSign = '+' | '-' | '*' | '/' | '+%' | '-%';

/** A count over the input's text: lines, words, characters, a token, or lines that begin in a certain form. */
export interface Measure {
  readonly unit: 'lines' | 'words' | 'characters' | 'token' | 'line-form';
  readonly key: string;
}

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
  /** A closed set of texts by what the normalisers make of them: "Fish Tacos" is "fish tacos", "two pizzas" a "pizza". */
  readonly spelled?: Readonly<Record<string, string>>;
  /** Its places may lie in those of other slots ("red shoes", "red"): it is tagged by itself. */
  readonly apart?: true;
  /** Several calls of the tool may have it from one place: "the weather in Rome and Oslo tomorrow". */
  readonly common?: true;
}

/** Free text: a short one may be written by a generator, any other goes to the teacher. */
export interface TextSlot {
  readonly name: string;
  readonly short?: ShortText;
}

/** What all values of a slot keep to. */
export interface ShortText {
  /** In characters. */
  readonly shortest: number;
  readonly longest: number;
  /** Characters, and kinds of letters and digits (dataset/plan/shortText.ts). */
  readonly characters: readonly string[];
  /** The value is a list, and the text has a line for each of its items. */
  readonly list?: true;
}
