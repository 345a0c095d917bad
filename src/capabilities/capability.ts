import type { Rate } from '../base/binomial.ts';

export type CapabilityKind =
  | 'label'
  | 'enum'
  | 'field'
  | 'tool'
  | 'argument'
  | 'array-length'
  | 'input-language'
  | 'output-language'
  | 'format'
  | 'refusal'
  | 'reasoning'
  | 'input-length'
  | 'image'
  | 'turns'
  | 'parallel-calls'
  | 'parameter';

export type Verdict = 'keep' | 'route' | 'drop' | 'not yet';

/** How it lives: fired and steady, never fired in three different ways, or changing. */
export type CapabilityStatus = 'fired' | 'dead' | 'long tail' | 'not yet' | 'dormant' | 'retired' | 'new';

export type CostGrade = 'trivial' | 'low' | 'high' | 'severe';

export interface CostOfError {
  readonly grade: CostGrade;
  /** US dollars per wrong answer. */
  readonly dollars: number;
  /** Why this default, or "set by you". */
  readonly reason: string;
}

/** Something the teacher offers a task, with what the traffic says about it. Plain data. */
export interface Capability {
  /**
   * `kind:name`, e.g. `label:balance`, `enum:coarse=BOOL`, `tool:SetAlarm`, `argument:PlayMusic.volume`,
   * `field:stack_trace`; values of a tool's argument are `enum:GetDirections.mode=walk`.
   */
  readonly id: string;
  readonly kind: CapabilityKind;
  /** What a person calls it: `balance`, `coarse = BOOL`. */
  readonly name: string;
  readonly declared: boolean;
  /** Since when it can fire: first call of the version that declares it, or the first hit. */
  readonly sinceMs: number;
  readonly opportunities: number;
  /** Opportunities after near duplicates of a day and bursts count once. */
  readonly effective: number;
  readonly fired: number;
  readonly firstSeenMs: number | null;
  readonly lastSeenMs: number | null;
  readonly days: number;
  /** fired / opportunities with the exact interval. */
  readonly rate: Rate;
  /** Exact one-sided upper bound on the rate, on effective opportunities, corrected for the number of capabilities looked at. */
  readonly upper: number;
  /** Hits per equal time slice, oldest first: the sparkline. */
  readonly trend: readonly number[];
  readonly cost: CostOfError;
  readonly status: CapabilityStatus;
  readonly verdict: Verdict;
  /** The verdict in words, with its figures. */
  readonly reason: string;
  /** For `not yet`: about how many more calls decide it; null elsewhere. */
  readonly callsNeeded: number | null;
  /** At most this many hits in the next 30 days at today's traffic, from `upper`; for capabilities that never fired. */
  readonly expectedNextMonth?: number;
  /** Different inputs among its hits: what there is to learn from. */
  readonly examples?: number;
  /** How often the student agrees with the teacher where this is used (the weakness map); absent before training. */
  readonly agreement?: Rate;
}

/** "At most `upper` of next week's calls will need something never seen": prequential novelty, exact. */
export interface Novelty {
  readonly rate: Rate;
  readonly upper: number;
}

/** What the calls are worth as evidence. */
export interface Worth {
  /** Whole, normal answers of the teacher. */
  readonly normal: number;
  /** The same after near duplicates of a day and bursts count once. */
  readonly effective: number;
  /** Questions that share the error probability `delta`: capabilities that never fired and do not hang on another. */
  readonly silent: number;
  readonly delta: number;
  /** Calls that the student answered and nobody checked. */
  readonly unaudited: number;
  readonly audited: number;
  /** Calls answered here per audited one. */
  readonly auditWeight: number;
}

/** Calls whose answers need the same capabilities. */
export interface CallShape {
  /** Indices into the catalogue's capabilities: labels, values, tools, and fields that are not always there. */
  readonly needs: readonly number[];
  /** An audited call stands for all that the student answered per audit, so this may be a fraction. */
  readonly calls: number;
  /** Different inputs among them. */
  readonly examples: number;
}

export interface Catalogue {
  readonly taskId: string;
  readonly version: number;
  readonly calls: number;
  readonly capabilities: readonly Capability[];
  readonly novelty: Novelty;
  /** What calls need together, most frequent first (at most 2,000 shapes; what is left out counts as never covered). */
  readonly shapes?: readonly CallShape[];
  readonly worth?: Worth;
  /** Calls a day over the last week of the traffic, whoever answered them. */
  readonly callsPerDay?: number;
  readonly analysedMs: number;
}

/** The capabilities a student is built for. `decisions` hold only what the user changed or confirmed. */
export interface CapabilitySet {
  readonly taskId: string;
  readonly version: number;
  readonly keep: readonly string[];
  readonly route: readonly string[];
  readonly drop: readonly string[];
  readonly signedBy: string | null;
  readonly signedMs: number | null;
  /** Changed since it was signed, and not agreed to: routed, or kept where it was to be dropped. */
  readonly waiting?: readonly string[];
}
