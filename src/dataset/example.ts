import type { Answer } from '../wire/chat.ts';
import type { OutputPlan } from './plan.ts';

/** What the student reads: the kept slots of the template in a fixed order, never the boilerplate. */
export interface ModelInput {
  readonly slots: Readonly<Record<string, string>>;
  /** Present only where the answer needs it (a date in the prompt for relative dates). */
  readonly context: Readonly<Record<string, string>>;
}

export type Split = 'train' | 'validation' | 'calibration' | 'test';

/** The target of one slot: a class index, spans in the input, or text; null where the slot does not apply to this example. */
export type Target =
  | { readonly kind: 'class'; readonly index: number; readonly soft?: Readonly<Record<number, number>> }
  /** Character offsets [start, end) into a kept slot of the input, in the order in which their text is used. */
  | { readonly kind: 'spans'; readonly spans: readonly Span[]; readonly apart?: true }
  | { readonly kind: 'text'; readonly text: string };

export interface Span {
  readonly slot: string;
  readonly start: number;
  readonly end: number;
}

export interface Example {
  readonly callId: string;
  readonly atMs: number;
  readonly input: ModelInput;
  readonly answer: Answer;
  /** Targets by plan slot; an example whose answer the plan cannot express has none and is never trained on. */
  readonly targets: Readonly<Record<string, Target>> | null;
  /** Why `targets` is null, in words. */
  readonly unplanned: string | null;
  /** A refusal or a doubt: the teacher's own to give, so never repeated from memory. */
  readonly declined?: true;
  /** Near-duplicate cluster: no cluster lies in two splits. */
  readonly cluster: number;
  readonly split: Split;
  readonly weight: number;
  /** Words of the reasoning that the teacher gave beside its answer; absent where it gave none. */
  readonly reasoning?: readonly string[];
  /** Teacher model that gave the answer: provenance, never another student. */
  readonly teacher: string;
}

export interface Dataset {
  readonly taskId: string;
  readonly version: number;
  /** Versions with rows in the calibration split; a certificate speaks of these. */
  readonly versions: readonly number[];
  readonly templateHash: string;
  readonly inputSlots: readonly string[];
  readonly plan: OutputPlan;
  readonly examples: readonly Example[];
  /** Hash over inputs, answers and splits: with spec and seed it determines the student. */
  readonly fingerprint: string;
  readonly notes: readonly string[];
}
