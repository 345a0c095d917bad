import { lowerBound, type Rate, upperBound } from '../base/binomial.ts';
import type { AssignedCall, Task, TaskVersion } from '../tasks/task.ts';
import type { Capability, Catalogue, CostOfError, Verdict } from './capability.ts';
import { inferCost } from './cost.ts';
import { burstCorrelation, effectiveSize, findRepeats, type Repeats } from './effective.ts';
import { judge } from './neverFired.ts';
import { novelty } from './novelty.ts';
import type { Offer } from './offer.ts';
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

const SLICES = 24;
const DAY_MS = 86_400_000;

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
  const counts = createCounts(tally, repeats, entries);
  const zeroCount = entries.filter((entry) => entry.calls.length === 0).length;
  const newest = task.versions.at(-1)?.version ?? 1;
  const capabilities = entries.map((entry): Capability => {
    const place = counts.place(entry);
    const hits = entry.calls;
    const fired = hits.length;
    const ratio = place.calls.length === 0 ? 1 : place.effective / place.calls.length;
    const effectiveHits = Math.min(fired, counts.distinct(hits, repeats.near) * counts.thinning);
    const cost =
      options.costs?.[entry.offer.id] ??
      inferCost(entry.offer.kind, entry.offer.name, entry.offer.description);
    const level = fired === 0 ? delta / Math.max(1, zeroCount) : delta;
    const upper = upperBound(fired * ratio, place.effective, level);
    const first = hits[0];
    const last = hits.at(-1);
    const sinceMs =
      place.calls.length === 0
        ? (entry.sinceMs ?? options.nowMs)
        : Math.min(entry.sinceMs ?? Number.POSITIVE_INFINITY, tally.times[place.calls[0]!]!);
    const evidence = {
      kind: entry.offer.kind,
      declared: entry.declared,
      current: !entry.declared || entry.versions.has(newest),
      sinceMs,
      nowMs: options.nowMs,
      opportunities: place.calls.length,
      effective: place.effective,
      fired,
      effectiveHits,
      examples: counts.distinct(hits, repeats.exact),
      firstSeenMs: first === undefined ? null : tally.times[first]!,
      lastSeenMs: last === undefined ? null : tally.times[last]!,
      before: first === undefined ? place.calls.length : lowerIndex(place.calls, first),
      after: last === undefined ? place.calls.length : place.calls.length - lowerIndex(place.calls, last + 1),
      observedDays: place.days,
      sessions: place.windows,
      upper,
      cost,
      added: entry.declared && !entry.versions.has(task.versions[0]?.version ?? 1),
    };
    const judgement = judge(evidence, { delta, budgetPerCall, zeroCount });
    const chosen = options.verdicts?.[entry.offer.id];
    return {
      id: entry.offer.id,
      kind: entry.offer.kind,
      name: entry.offer.name,
      declared: entry.declared,
      sinceMs,
      opportunities: evidence.opportunities,
      effective: Math.round(place.effective),
      fired,
      firstSeenMs: evidence.firstSeenMs,
      lastSeenMs: evidence.lastSeenMs,
      days: counts.daysOf(hits),
      rate: rateOf(fired, place.calls.length, ratio, delta),
      upper,
      trend: counts.trend(hits),
      cost,
      status: judgement.status,
      verdict: chosen ?? judgement.verdict,
      reason: chosen === undefined ? judgement.reason : `Set to ${chosen} by you. ${judgement.reason}`,
      callsNeeded: judgement.callsNeeded,
      ...(fired === 0
        ? { expectedNextMonth: expectedHits(place.calls.length, evidence.sinceMs, options.nowMs, upper) }
        : {}),
    };
  });
  const catalogue: Catalogue = {
    taskId: task.id,
    version: newest,
    calls: tally.times.length,
    capabilities,
    novelty: novelty(signatures(tally, entries), delta),
    analysedMs: options.nowMs,
  };
  return options.evaluation === undefined ? catalogue : withAgreement(catalogue, options.evaluation);
}

/** Calls of the next 30 days at today's rate times the upper bound. */
function expectedHits(opportunities: number, sinceMs: number, nowMs: number, upper: number): number {
  const days = Math.max(1, (nowMs - sinceMs) / DAY_MS);
  return (opportunities / days) * 30 * upper;
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

/** Opportunities of one kind: the same for many capabilities, counted once. */
interface Place {
  readonly calls: readonly number[];
  readonly effective: number;
  readonly days: number;
  readonly windows: number;
}

function createCounts(tally: Tally, repeats: Repeats, entries: readonly Entry[]) {
  const all = Array.from(tally.times, (_, i) => i);
  const normal = all.filter((i) => tally.normal[i] === 1);
  const signature = new Int32Array(all.length);
  entries.forEach((entry, k) => {
    if (entry.offer.kind !== 'label' && entry.offer.kind !== 'enum' && entry.offer.kind !== 'tool') return;
    for (const i of entry.calls) signature[i] = (Math.imul(signature[i]!, 31) + k + 1) | 0;
  });
  const firsts = firstOfCluster(normal, repeats.near);
  const burst = burstCorrelation(firsts, tally.times, signature);
  const thinning = effectiveSize(firsts.length, burst) / Math.max(1, firsts.length);
  const stamp = new Int32Array(all.length).fill(-1);
  let round = 0;
  const distinct = (calls: readonly number[], clusters: Int32Array): number => {
    round++;
    let count = 0;
    for (const i of calls) {
      const cluster = clusters[i]!;
      if (stamp[cluster] !== round) count++;
      stamp[cluster] = round;
    }
    return count;
  };
  const places = new Map<string, Place>();
  const slice = (tally.times.at(-1) ?? 0) - (tally.times[0] ?? 0);
  return {
    thinning,
    distinct,
    place(entry: Entry): Place {
      const key = `${entry.offer.within}|${entry.versionsKey}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      const source =
        entry.offer.within === ''
          ? normal
          : entry.offer.within === '*'
            ? all
            : (tally.uses.get(entry.offer.within)?.calls ?? []);
      const calls = source.filter(
        (i) =>
          entry.versions.has(tally.versions[i]!) && (entry.offer.within === '*' || tally.normal[i] === 1),
      );
      const place = {
        calls,
        effective: distinct(calls, repeats.near) * thinning,
        days: countDistinct(calls, tally.times, DAY_MS),
        windows: countDistinct(calls, tally.times, 600_000),
      };
      places.set(key, place);
      return place;
    },
    daysOf: (calls: readonly number[]): number => countDistinct(calls, tally.times, DAY_MS),
    trend(calls: readonly number[]): number[] {
      const bins = new Array<number>(SLICES).fill(0);
      for (const i of calls) {
        const at = slice === 0 ? 0 : (tally.times[i]! - tally.times[0]!) / slice;
        bins[Math.min(SLICES - 1, Math.floor(at * SLICES))]!++;
      }
      return bins;
    },
  };
}

function firstOfCluster(calls: readonly number[], clusters: Int32Array): number[] {
  const seen = new Set<number>();
  return calls.filter((i) => !seen.has(clusters[i]!) && seen.add(clusters[i]!));
}

/** Distinct multiples of `unit` among ascending times. */
function countDistinct(calls: readonly number[], times: Float64Array, unit: number): number {
  let count = 0;
  let last = Number.NaN;
  for (const i of calls) {
    const at = Math.floor(times[i]! / unit);
    if (at !== last) count++;
    last = at;
  }
  return count;
}

/** Number of entries below `value` in an ascending list. */
function lowerIndex(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Per normal call, in time order, the capabilities that its answer uses. */
function signatures(tally: Tally, entries: readonly Entry[]): number[][] {
  const lists: number[][] = Array.from(tally.times, () => []);
  entries.forEach((entry, k) => {
    for (const i of entry.calls) lists[i]!.push(k);
  });
  return lists;
}

export type { Offer, TaskVersion };
