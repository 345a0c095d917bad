import type { Json, JsonObject } from '../base/json.ts';
import type { Call } from '../traces/trace.ts';
import type { OutputFormat, Role, ToolDefinition } from '../wire/chat.ts';

/** Calls that share a prompt template, tools and output shape. Plain data: it is stored as JSON and read by the gateway. */
export interface Task {
  /** Stable across re-analysis: derived from the first version's template. Fit for file names: [a-z0-9-]+. */
  readonly id: string;
  /** Readable name; the user's, if there is one. */
  readonly name: string;
  readonly renamed: boolean;
  /** Oldest first; `version` counts from 1. */
  readonly versions: readonly TaskVersion[];
  readonly slots: readonly SlotProfile[];
  readonly output: OutputShape;
  /** Vendors whose answers these are: whose terms hold. */
  readonly providers: readonly string[];
  /** Providers whose formats its calls are written in; absent where an older version found the task. */
  readonly wires?: readonly string[];
  /** Call sites named by the traces, most frequent first. */
  readonly sites: readonly string[];
  /** Teacher models over time, oldest first (response model where known). */
  readonly models: readonly {
    readonly model: string;
    readonly firstMs: number;
    readonly lastMs: number;
    readonly calls: number;
  }[];
  readonly calls: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface TaskVersion {
  readonly version: number;
  readonly template: Template;
  readonly toolset: Toolset;
  readonly outputFormat: OutputFormat;
  /** What bounds the words of answers in the requests of this version (`bounds.ts`); other bounds are other answers. */
  readonly bounds?: readonly string[];
  /** Models asked for in the requests of this version; another model is another teacher, hence no match. */
  readonly models: readonly string[];
  readonly calls: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** What differs from the version before; null for the first. */
  readonly change: VersionChange | null;
}

/** Major: labels, tools, schema or the teacher's model changed. Minor: wording only. Either voids the certificate. */
export interface VersionChange {
  readonly kind: 'minor' | 'major';
  readonly summary: string;
  /** Unified line diff of the template text. */
  readonly diff: string;
}

export type Toolset =
  | { readonly kind: 'fixed'; readonly hash: string; readonly tools: readonly ToolDefinition[] }
  /** Calls bring their own tools: no closed set to learn. */
  | { readonly kind: 'varying'; readonly example: readonly ToolDefinition[] };

/** The constant text of a task's prompts with named holes, message by message. */
export interface Template {
  readonly messages: readonly TemplateMessage[];
  /**
   * `open`: any number of turns may stand before (and, tool results, after) the last user message; they are read as the
   * slot `history`, while the last user message of the template matches the last one of the request.
   */
  readonly turns: 'fixed' | 'open';
  /** Hash of the constant text, tools and output format; changes with every version. */
  readonly hash: string;
}

export interface TemplateMessage {
  readonly role: Role;
  readonly segments: readonly Segment[];
}

export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  /** `anchor`: constants are looked for from both ends towards it, not towards the main slot. */
  | { readonly kind: 'slot'; readonly name: string; readonly anchor?: true };

export type SlotType = 'main' | 'context' | 'list' | 'id' | 'date' | 'nuisance';

export interface SlotProfile {
  readonly name: string;
  readonly type: SlotType;
  /** Shown to the student? Nuisance and id slots are dropped once they are shown to carry no information. */
  readonly kept: boolean;
  /** Why it is kept or dropped, in words with the figure behind it. */
  readonly reason: string;
  readonly distinct: number;
  readonly examples: readonly string[];
}

export type OutputShape =
  | { readonly kind: 'labels'; readonly values: readonly ValueCount[]; readonly closed: boolean }
  | {
      readonly kind: 'multi-label';
      readonly separator: string;
      readonly values: readonly ValueCount[];
      readonly closed: boolean;
    }
  | { readonly kind: 'json'; readonly fields: readonly FieldProfile[]; readonly schema: JsonObject | null }
  | {
      readonly kind: 'tools';
      readonly tools: readonly ToolProfile[];
      readonly noneShare: number;
      readonly parallelShare: number;
    }
  | { readonly kind: 'label-then-text'; readonly values: readonly ValueCount[] }
  | { readonly kind: 'template-text'; readonly text: string }
  | {
      readonly kind: 'text';
      readonly reason: string;
      /** Present where nearly every answer is a line or so: most of them stand in the input, or they are written from it. */
      readonly short?: 'copied' | 'written';
    };

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

export interface FieldProfile {
  /** `a.b`, `items[].name`; empty for an answer that is a dictionary as a whole. */
  readonly path: string;
  readonly types: readonly ('null' | 'boolean' | 'number' | 'string' | 'array' | 'object')[];
  /** Presence given that the parent is there. */
  readonly presence: number;
  /** `dictionary`: an object that maps names to values; the names are no fields. */
  readonly role: 'constant' | 'enum' | 'derived' | 'copied' | 'number' | 'list' | 'dictionary' | 'free';
  readonly values: readonly ValueCount[];
  /** For `derived`: the field it is a function of. For `constant`: none. */
  readonly from: string | null;
  readonly constant: Json | null;
  /** Share of string values found in the input after folding. */
  readonly copyRate: number;
}

export interface ToolProfile {
  readonly name: string;
  readonly calls: number;
  readonly fields: readonly FieldProfile[];
}

/** What became of one call. Everything but `normal` stays out of labels and training, not out of the statistics. */
export type CallKind = 'normal' | 'error' | 'refusal' | 'hedge' | 'truncated' | 'ad-hoc' | 'probe';

export interface Assignment {
  readonly callId: string;
  /** null: belongs to no task. */
  readonly taskId: string | null;
  readonly version: number;
  readonly kind: CallKind;
  readonly slots: Readonly<Record<string, string>>;
}

/** A call with what discovery made of it: what capabilities and datasets are computed from. */
export interface AssignedCall {
  readonly call: Call;
  readonly assignment: Assignment;
}

/** Calls that look like one prompt but are too few to be a task yet. Plain data. */
export interface YoungTask {
  /** How the prompt begins, shortened. */
  readonly opening: string;
  readonly calls: number;
  /** Calls that make a task. */
  readonly needed: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A live request recognised as a call of a task: the exact version, with the values of its slots. */
export interface TaskMatch {
  readonly taskId: string;
  readonly version: number;
  readonly slots: Readonly<Record<string, string>>;
}

/** What the user said about tasks; it wins over discovery and is remembered. */
export interface TaskEdits {
  readonly names: Readonly<Record<string, string>>;
  /** Merged task id -> the id it became part of. */
  readonly merges: Readonly<Record<string, string>>;
  /** Template hashes that the user split off into tasks of their own. */
  readonly splits: readonly string[];
  /** Ids of the tasks that came of it: more traffic may change a template's hash, never these. */
  readonly splitTasks?: readonly string[];
}
