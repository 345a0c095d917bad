import { lowerBound, type Rate, upperBound } from '../base/binomial.ts';
import type { AssignedCall, Task } from '../tasks/task.ts';
import type { Capability, Catalogue, CostOfError, Verdict, Worth } from './capability.ts';
import { inferCost, ownName } from './cost.ts';
import { createCounts, longestGap, lowerIndex } from './counts.ts';
import { findRepeats } from './effective.ts';
import { type Evidence, expectedHits, type Judgement, judge } from './neverFired.ts';
import { novelty } from './novelty.ts';
import { cycleOf } from './season.ts';
import { callShapes, callsPerDay } from './shapes.ts';
import { type Tally, tallyCalls } from './tally.ts';
import { type Entry, universe } from './universe.ts';
import { type EvaluationLike, withAgreement } from './weakness.ts';

export interface AnalyseOptions {
  /** Time of the analysis: silence is counted up to here. Milliseconds since 1970. */
  readonly nowMs: number;
  /** Error probability of each bound; 0.05. */
  readonly delta?: number;
  /** Expected loss from wrong answers that one call may cost, US dollars; 0.001. */
  readonly budgetPerCall?: number;
  /** By capability id: what the user said a wrong answer costs. */
  readonly costs?: Readonly<Record<string, CostOfError>>;
  /** By capability id: what the user decided. */
  readonly verdicts?: Readonly<Record<string, Verdict>>;
  /** The student's report, for the weakness map. */
  readonly evaluation?: EvaluationLike;
}

/**
 * What a task's teacher offers and what of it the traffic uses, with a verdict on each capability. Linear in the calls.
 * @param calls calls of this task; calls of other tasks must not be among them.
 */
export function analyseCapabilities(
  task: Task,
  calls: readonly AssignedCall[],
  options: AnalyseOptions,
): Catalogue {
  const { delta = 0.05, budgetPerCall = 0.001 } = options;
  const tally = tallyCalls(task, calls);
  const repeats = findRepeats(tally.inputs, tally.times);
  const entries = universe(task, calls, tally);
  const byId = new Map(entries.map((entry) => [entry.offer.id, entry]));
  const silentHost = (entry: Entry): Entry | null => {
    const host = entry.offer.host === null ? undefined : byId.get(entry.offer.host);
    return entry.calls.length === 0 && host !== undefined && host.calls.length === 0 ? host : null;
  };
  // An argument of a tool that never fired is no question of its own: the error probability is shared among the others.
  const zeroCount = entries.filter((entry) => entry.calls.length === 0 && silentHost(entry) === null).length;
  const rules = { delta, budgetPerCall, zeroCount };
  const counts = createCounts(tally, repeats, entries);
  const newest = task.versions.at(-1)?.version ?? 1;
  const first = task.versions[0]?.version ?? 1;

  const evidenceOf = (entry: Entry): Evidence => {
    const place = counts.place(entry);
    const { offer, calls: hits } = entry;
    const start = hits[0];
    const end = hits.at(-1);
    const opened = place.calls[0];
    const declaredMs = entry.sinceMs ?? options.nowMs;
    return {
      kind: offer.kind,
      empty: offer.kind === 'array-length' && offer.id.endsWith('=0'),
      declared: entry.declared,
      current: !entry.declared || entry.versions.has(newest),
      cycle: cycleOf(subject(entry)),
      sinceMs: opened === undefined ? declaredMs : Math.min(declaredMs, tally.times[opened]!),
      nowMs: options.nowMs,
      opportunities: place.calls.length,
      effective: place.effective,
      fired: hits.length,
      effectiveHits: Math.min(hits.length, counts.distinct(hits, repeats.near) * counts.thinning),
      examples: counts.distinct(hits, repeats.exact),
      firstSeenMs: start === undefined ? null : tally.times[start]!,
      lastSeenMs: end === undefined ? null : tally.times[end]!,
      before: start === undefined ? place.calls.length : lowerIndex(place.calls, start),
      after: place.calls.length - (end === undefined ? 0 : lowerIndex(place.calls, end + 1)),
      longestGap: longestGap(place.calls, hits),
      observedDays: place.days,
      sessions: place.windows,
      upper: upperOf(hits.length, place, hits.length === 0 ? delta / Math.max(1, zeroCount) : delta),
      cost: options.costs?.[offer.id] ?? inferCost(offer.kind, offer.name, offer.description),
      everyCall: offer.within === '' || offer.within === '*' || offer.kind === 'tool',
      added: entry.declared && !entry.versions.has(first),
    };
  };
  const judgements = new Map<Entry, Judgement>();
  const judgementOf = (entry: Entry, evidence: Evidence): Judgement => {
    const known = judgements.get(entry);
    if (known !== undefined) return known;
    const host = silentHost(entry);
    const judgement =
      host === null ? judge(evidence, rules) : shared(host, judgementOf(host, evidenceOf(host)));
    judgements.set(entry, judgement);
    return judgement;
  };
  const capabilities = entries.map((entry): Capability => {
    const evidence = evidenceOf(entry);
    const judgement = judgementOf(entry, evidence);
    return capabilityOf(entry, evidence, judgement, counts, options, delta);
  });
  const catalogue: Catalogue = {
    taskId: task.id,
    version: newest,
    calls: tally.times.length,
    capabilities,
    novelty: novelty(signatures(tally, entries), delta),
    shapes: callShapes(tally, entries, capabilities, repeats.exact),
    worth: worthOfAll(tally, counts, { silent: zeroCount, delta }),
    callsPerDay: callsPerDay(startsOf(calls), options.nowMs),
    analysedMs: options.nowMs,
  };
  return options.evaluation === undefined ? catalogue : withAgreement(catalogue, options.evaluation);
}

function worthOfAll(
  tally: Tally,
  counts: ReturnType<typeof createCounts>,
  { silent, delta }: Pick<Worth, 'silent' | 'delta'>,
): Worth {
  const { answeredHere, audited } = tally;
  return {
    normal: counts.normal,
    effective: Math.round(counts.effective),
    silent,
    delta,
    unaudited: Math.max(0, answeredHere - audited),
    audited,
    auditWeight: audited === 0 ? 1 : Math.max(1, answeredHere / audited),
  };
}

/** When the task's calls began, whoever answered them; audits are no calls of the user's. */
function startsOf(calls: readonly AssignedCall[]): Float64Array {
  const own = calls.filter(({ call }) => call.trace.source !== 'audit');
  return Float64Array.from(own, ({ call }) => call.trace.startMs).sort();
}

/** The part of a name that says what this very capability is about: the value, the argument, not the tool. */
function subject({ offer: { kind, name } }: Entry): string {
  if (kind === 'enum') return name.slice(name.indexOf(' = ') + 3);
  return kind === 'argument' || kind === 'field' ? ownName(name) : name;
}

/** The judgement on something that cannot fire because what it belongs to never does. */
function shared(host: Entry, judgement: Judgement): Judgement {
  if (judgement.reason.startsWith('Goes with')) return judgement;
  return { ...judgement, reason: `Goes with ${host.offer.name}, which never fired. ${judgement.reason}` };
}

function capabilityOf(
  { offer, declared, calls: hits }: Entry,
  evidence: Evidence,
  judgement: Judgement,
  counts: ReturnType<typeof createCounts>,
  options: AnalyseOptions,
  delta: number,
): Capability {
  const chosen = options.verdicts?.[offer.id];
  const { opportunities, effective, fired, upper } = evidence;
  return {
    id: offer.id,
    kind: offer.kind,
    name: offer.name,
    declared,
    sinceMs: evidence.sinceMs,
    opportunities,
    effective: Math.round(effective),
    fired,
    firstSeenMs: evidence.firstSeenMs,
    lastSeenMs: evidence.lastSeenMs,
    days: counts.daysOf(hits),
    examples: evidence.examples,
    rate: rateOf(fired, opportunities, opportunities === 0 ? 1 : effective / opportunities, delta),
    upper,
    trend: counts.trend(hits),
    cost: evidence.cost,
    status: judgement.status,
    verdict: chosen ?? judgement.verdict,
    reason: chosen === undefined ? judgement.reason : `Set to ${chosen} by you. ${judgement.reason}`,
    callsNeeded: judgement.callsNeeded,
    ...(fired === 0 ? { expectedNextMonth: expectedHits(evidence) } : {}),
  };
}

/** The exact bound on what the calls are worth: hits shrink with the opportunities. */
function upperOf(
  hits: number,
  place: { readonly calls: readonly number[]; readonly effective: number },
  delta: number,
): number {
  const ratio = place.calls.length === 0 ? 1 : place.effective / place.calls.length;
  return upperBound(hits * ratio, place.effective, delta);
}

/** The rate as counted, its interval on what the calls are worth after repeats and bursts. */
function rateOf(hits: number, n: number, ratio: number, delta: number): Rate {
  return {
    hits,
    n,
    rate: n === 0 ? 0 : hits / n,
    lower: lowerBound(hits * ratio, n * ratio, delta / 2),
    upper: upperBound(hits * ratio, n * ratio, delta / 2),
  };
}

/** Per normal call, in time order, the capabilities that its answer uses. */
function signatures(tally: Tally, entries: readonly Entry[]): number[][] {
  const lists: number[][] = Array.from(tally.times, () => []);
  entries.forEach((entry, k) => {
    for (const i of entry.calls) lists[i]!.push(k);
  });
  return lists;
}
