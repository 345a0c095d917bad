import type { CapabilityKind, CapabilityStatus, CostOfError, Verdict } from './capability.ts';
import type { Cycle } from './season.ts';
import { countText, moneyText, percentText, plural } from './words.ts';

/** What is known about one capability when its verdict is due. Times in milliseconds since 1970. */
export interface Evidence {
  readonly kind: CapabilityKind;
  /** Is it a list without items? That takes no examples of its own: it is what the others leave. */
  readonly empty: boolean;
  readonly declared: boolean;
  /** Does the newest version still declare it? True for what is only observed. */
  readonly current: boolean;
  readonly cycle: Cycle;
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly opportunities: number;
  readonly effective: number;
  readonly fired: number;
  /** Hits after near duplicates of a day and bursts count once. */
  readonly effectiveHits: number;
  /** Different inputs among the hits: what a student could learn from. */
  readonly examples: number;
  readonly firstSeenMs: number | null;
  readonly lastSeenMs: number | null;
  /** Opportunities before the first hit, and after the last. */
  readonly before: number;
  readonly after: number;
  /** The most opportunities that ever lay between two hits, or before the first. */
  readonly longestGap: number;
  /** Distinct days with an opportunity. */
  readonly observedDays: number;
  /** Separate windows of traffic with an opportunity. */
  readonly sessions: number;
  readonly upper: number;
  readonly cost: CostOfError;
  /** Is every call an opportunity? Otherwise only those with the tool or field that it belongs to. */
  readonly everyCall: boolean;
  /** Does the capability come from a version later than the task's first? */
  readonly added: boolean;
}

export interface Rules {
  readonly delta: number;
  /** Expected loss that one call may cost, US dollars. */
  readonly budgetPerCall: number;
  /** Capabilities that never fired: the error probability is shared among them. */
  readonly zeroCount: number;
}

export interface Judgement {
  readonly status: CapabilityStatus;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly callsNeeded: number | null;
}

/** Fewer different inputs than this and there is nothing to learn from, nor to test on. */
export const LEARNABLE_EXAMPLES = 10;
const MIN_SESSIONS = 3;
const DAY_MS = 86_400_000;
/** A decision about something dear that is further away than this is none: it stays with the teacher. */
const PATIENCE_DAYS = 90;

/** The verdict on one capability with its reason in words and figures. */
export function judge(evidence: Evidence, rules: Rules): Judgement {
  return evidence.fired === 0 ? judgeSilent(evidence, rules) : judgeFired(evidence, rules);
}

/**
 * Opportunities without a hit that make the upper bound small enough: ln(m / delta) * cost / budget. Nothing is taken off
 * for calls that a student would pass on by itself: how many it does can be known only from calls that use the
 * capability, and of one that never fired there is none.
 */
export function callsToDecide(cost: CostOfError, rules: Rules): number {
  return Math.ceil(
    Math.log(Math.max(1, rules.zeroCount) / rules.delta) * (cost.dollars / rules.budgetPerCall),
  );
}

/** Does [from, to] hold the turn of a month? */
export function spansMonthEnd(fromMs: number, toMs: number): boolean {
  const from = new Date(fromMs);
  const to = new Date(toMs);
  return from.getUTCFullYear() !== to.getUTCFullYear() || from.getUTCMonth() !== to.getUTCMonth();
}

function judgeSilent(evidence: Evidence, rules: Rules): Judgement {
  const { cost, effective, upper, opportunities } = evidence;
  const each = effective === 0 ? 1 : opportunities / effective;
  const days = (evidence.nowMs - evidence.sinceMs) / DAY_MS;
  const told = silence(evidence, days);
  if (!evidence.current)
    return { status: 'retired', verdict: 'drop', reason: `${told} No longer declared.`, callsNeeded: null };
  const needed = callsToDecide(cost, rules);
  const perDay = effective / Math.max(days, 1 / 24);
  const missing = Math.max(0, needed - effective);
  const cycle = missingCycle(evidence, days);
  if (cycle !== null) {
    const wait = Math.max(missing, perDay * Math.max(0, evidence.cycle.days - days));
    const reason = `${told} Not yet: ${cycle}.`;
    return { status: 'not yet', verdict: 'not yet', reason, callsNeeded: Math.ceil(wait * each) };
  }
  const loss = upper * cost.dollars;
  const price = `Serving it wrong would cost at most ${moneyText(loss)} a call (${moneyText(cost.dollars)} each: ${cost.reason})`;
  if (cost.grade === 'severe') {
    const reason = `${told} ${price}; too dear to drop: stays with the teacher.`;
    return { status: 'long tail', verdict: 'route', reason, callsNeeded: null };
  }
  if (missing > 0) {
    const wait = perDay === 0 ? Number.POSITIVE_INFINITY : missing / perDay;
    const more = `${plural(Math.ceil(missing * each), 'more call')} without a hit would be needed to drop it`;
    if (wait > PATIENCE_DAYS && cost.grade === 'high') {
      const reason = `${told} ${price}, budget ${moneyText(rules.budgetPerCall)}; ${more}: rare but dear, stays with the teacher.`;
      return { status: 'long tail', verdict: 'route', reason, callsNeeded: null };
    }
    const reason = `${told} ${price}, budget ${moneyText(rules.budgetPerCall)}. Not yet: ${more}, ${wait > 3650 ? 'years' : `about ${plural(Math.ceil(wait), 'day')}`} at today's rate.`;
    return { status: 'not yet', verdict: 'not yet', reason, callsNeeded: Math.ceil(missing * each) };
  }
  const reason = `${told} ${price}, within the budget of ${moneyText(rules.budgetPerCall)}: dropped, and watched for: at most ${plural(Math.ceil(expectedHits(evidence)), 'hit')} in the next month.`;
  return { status: 'dead', verdict: 'drop', reason, callsNeeded: null };
}

/** Calls of the next 30 days at the rate so far, times the upper bound. */
export function expectedHits(
  evidence: Pick<Evidence, 'opportunities' | 'sinceMs' | 'nowMs' | 'upper'>,
): number {
  const days = Math.max(1, (evidence.nowMs - evidence.sinceMs) / DAY_MS);
  return (evidence.opportunities / days) * 30 * evidence.upper;
}

function silence(evidence: Evidence, days: number): string {
  const { opportunities, effective, upper } = evidence;
  if (opportunities === 0) return 'Never fired, and no call could have used it so far.';
  const counted =
    effective < 0.95 * opportunities ? ` (${countText(effective)} after repeats and bursts count once)` : '';
  const over = days >= 1 ? ` over ${plural(Math.round(days), 'day')}` : '';
  const times = opportunities === 1 ? 'opportunity' : 'opportunities';
  return `Never fired in ${countText(opportunities)} ${times}${counted}${over}; at most ${percentText(upper)} of ${evidence.everyCall ? 'calls' : 'these'}.`;
}

/** What part of a full business cycle has not been seen yet; null where all has. */
function missingCycle(evidence: Evidence, days: number): string | null {
  const { cycle } = evidence;
  if (days < cycle.days) {
    const age = days < 1 ? 'less than a day' : plural(Math.floor(days), 'day');
    const season = cycle.word === null ? '' : `seasonal ("${cycle.word}"), `;
    return `${season}offered for ${age}, a full cycle is ${cycle.days}`;
  }
  if (!spansMonthEnd(evidence.sinceMs, evidence.nowMs)) return 'no end of a month seen';
  if (evidence.sessions < MIN_SESSIONS)
    return `traffic in only ${plural(evidence.sessions, 'separate burst')}`;
  if (evidence.observedDays < 7) return `calls on only ${plural(evidence.observedDays, 'day')}`;
  return null;
}

function judgeFired(evidence: Evidence, rules: Rules): Judgement {
  const { fired, opportunities, examples } = evidence;
  const share = opportunities === 0 ? 0 : fired / opportunities;
  const told = `Fired ${plural(fired, 'time')} in ${countText(opportunities)} opportunities (${percentText(share)}).`;
  if (evidence.declared && !evidence.current) {
    const reason = `${told} No longer declared since the last edit.`;
    return { status: 'retired', verdict: 'drop', reason, callsNeeded: null };
  }
  const quiet = goneQuiet(evidence, rules);
  const waves = quiet === null && isSilent(evidence, rules) ? wavesOf(evidence) : '';
  if (quiet !== null) {
    const reason = `${told} No hit in the last ${countText(evidence.after)} opportunities (since ${day(evidence.lastSeenMs)}): ${quiet}; the teacher answers it should it come back.`;
    return { status: quiet, verdict: 'route', reason, callsNeeded: null };
  }
  const needed = evidence.empty ? 0 : Math.ceil(Math.max(0, LEARNABLE_EXAMPLES - examples));
  const fresh = isNew(evidence, rules);
  const status: CapabilityStatus = fresh !== null ? 'new' : needed > 0 ? 'long tail' : 'fired';
  const since = fresh === null ? '' : ` New: ${fresh}.`;
  if (evidence.cost.grade === 'severe' && decides.has(evidence.kind)) {
    const reason = `${told}${since}${waves} Stays with the teacher: ${evidence.cost.reason}; keep it only by your own decision.`;
    return { status, verdict: 'route', reason, callsNeeded: needed > 0 ? callsFor(needed, evidence) : null };
  }
  if (needed > 0) {
    const reason = `${told}${since}${waves} Only ${plural(examples, 'different input')}, ${LEARNABLE_EXAMPLES} are needed to learn from: stays with the teacher.`;
    return { status, verdict: 'route', reason, callsNeeded: callsFor(needed, evidence) };
  }
  return { status, verdict: 'keep', reason: `${told}${since}${waves}`, callsNeeded: null };
}

/** Kinds whose use is an act of its own; that a field is present is none. */
const decides: ReadonlySet<CapabilityKind> = new Set(['label', 'enum', 'tool', 'refusal']);

/** Calls until so many more different inputs are expected. */
function callsFor(hits: number, evidence: Evidence): number {
  return Math.ceil((hits * evidence.opportunities) / Math.max(evidence.examples, 0.5));
}

/**
 * Silent for longer than its own rate explains: were hits spread evenly, all of them before the last one's place would
 * have probability (share of the opportunities before the silence) ^ hits.
 */
function isSilent({ opportunities, after, effectiveHits }: Evidence, rules: Rules): boolean {
  return after > 0 && (1 - after / opportunities) ** effectiveHits <= rules.delta / 100;
}

/** Silent for longer than its rate explains, and than it ever was before it came back: the close of a month comes again. */
function goneQuiet(evidence: Evidence, rules: Rules): 'dormant' | 'retired' | null {
  const { after, longestGap, lastSeenMs, nowMs } = evidence;
  if (lastSeenMs === null || !isSilent(evidence, rules) || after <= 1.2 * longestGap) return null;
  return nowMs - lastSeenMs > 7 * DAY_MS ? 'retired' : 'dormant';
}

/** Why a capability counts as new; null where it does not. */
function isNew(evidence: Evidence, rules: Rules): string | null {
  const { before, opportunities, effectiveHits, firstSeenMs, nowMs, sinceMs } = evidence;
  if (firstSeenMs === null) return null;
  if (evidence.added && nowMs - sinceMs < 7 * DAY_MS) return `offered since ${day(sinceMs)}`;
  if (before === 0 || nowMs - firstSeenMs > 14 * DAY_MS) return null;
  const chance = (1 - before / opportunities) ** Math.max(1, Math.min(effectiveHits, evidence.fired));
  if (chance > rules.delta / 5) return null;
  return `first hit on ${day(firstSeenMs)}, after ${countText(before)} opportunities without one`;
}

function wavesOf({ after, longestGap }: Evidence): string {
  return ` Comes in waves: silent for the last ${countText(after)} opportunities, and before for up to ${countText(longestGap)}.`;
}

function day(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString().slice(0, 10);
}
