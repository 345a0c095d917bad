import { exactRate } from '../../../src/base/binomial.ts';
import { type Figures, withHindsight } from './figures.ts';
import { type Goal, goals, leastAbovePeer, mostBelowPeer } from './goals.ts';
import type { Parity } from './replayRun.ts';
import { meanAndRange } from './scores.ts';

/** What was measured on one set. */
export interface SetResult {
  readonly set: string;
  readonly tests: number;
  readonly runs: readonly RunResult[];
  readonly peer: Figures | null;
  readonly small: {
    readonly student: number;
    readonly peer: number;
    readonly rows: number;
    readonly tests: number;
  } | null;
  readonly wideAlone: {
    readonly seconds: number;
    readonly certified: number;
    readonly megabytes: number;
  } | null;
}

export interface RunResult {
  readonly seed: number;
  readonly figures: Figures;
  readonly served: number;
  readonly wrong: number;
  readonly seconds: Readonly<Record<string, number>>;
  /** Largest process and all processes together at their peaks. */
  readonly megabytes: { readonly largest: number; readonly together: number };
  readonly rung: string;
  readonly bundleMegabytes: number;
  readonly decision: string;
  readonly parity: Parity;
}

const width = 42;

/** The table of one set, line by line. */
export function tableOf(result: SetResult, epsilon: number): string[] {
  const { set, runs, peer, tests } = result;
  const seeds = runs.map((run) => run.seed).join(', ');
  const names = [
    ...new Set([...runs.map((run) => run.figures), peer ?? {}].flatMap((each) => Object.keys(each))),
  ];
  return [
    '',
    `## ${set} (${tests} test calls, epsilon ${epsilon}, seeds ${seeds}; percent, mean and range)`,
    ...new Set(runs.map((run) => run.decision)),
    row('', 'student', 'linear peer', 'classical', 'to reach'),
    ...names.map((name) => {
      const values = runs.map((run) => run.figures[name] ?? Number.NaN);
      const goal = goals.find((each) => each.set === set && each.figure === name) ?? null;
      return row(
        name,
        meanAndRange(values),
        meanAndRange([peer?.[name] ?? Number.NaN]),
        goal?.classical == null ? '' : meanAndRange([goal.classical]),
        goal === null || runs.length === 0 ? '' : verdict(goal, values),
      );
    }),
    ...abovePeer(result),
    ...small(result),
    ...runs.map((run) => describe(run)),
    ...(result.wideAlone === null
      ? []
      : [
          `wide alone: ${result.wideAlone.seconds.toFixed(1)} s from calls to certified bundle, certified coverage ${meanAndRange([result.wideAlone.certified])}, ${Math.round(result.wideAlone.megabytes)} MB`,
        ]),
  ];
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [24, 14, 12, 0];
  return `${name.padEnd(width)}${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('')}`.trimEnd();
}

function verdict({ reach, direction }: Goal, values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const reached = direction === 'at least' ? mean >= reach : mean <= reach;
  return `${direction} ${meanAndRange([reach])}: ${reached ? 'reached' : 'NOT reached'}`;
}

function abovePeer({ runs, peer }: SetResult): string[] {
  const own = runs.map((run) => run.figures['certified coverage'] ?? 0);
  const theirs = peer?.['certified coverage'];
  if (theirs === undefined || own.length === 0) return [];
  const gain = own.map((value) => value - theirs);
  const mean = gain.reduce((sum, value) => sum + value, 0) / gain.length;
  // Where the peer leaves less than that, all that it leaves would have to be served.
  const asked = Math.min(leastAbovePeer, 1 - theirs);
  return [
    row(
      'certified coverage above the linear peer',
      meanAndRange(gain),
      '',
      '',
      `at least ${meanAndRange([asked])}: ${mean >= asked ? 'reached' : 'NOT reached'}`,
    ),
    ...(peer?.['promise kept'] === 0
      ? [
          `the peer broke its promise: with hindsight, and keeping it, it could serve ${meanAndRange([peer[withHindsight] ?? Number.NaN])} at most`,
        ]
      : []),
  ];
}

function small({ small: found }: SetResult): string[] {
  if (found === null) return [];
  const reached = found.student >= found.peer - mostBelowPeer;
  return [
    row(
      `accuracy with the first ${found.rows} calls`,
      meanAndRange([found.student]),
      meanAndRange([found.peer]),
      '',
      `at most ${meanAndRange([mostBelowPeer])} below the peer: ${reached ? 'reached' : 'NOT reached'}`,
    ),
  ];
}

function describe(run: RunResult): string {
  const { lower, upper } = exactRate(run.wrong, run.served);
  const seconds = Object.entries(run.seconds).map(([name, value]) => `${name} ${value.toFixed(1)} s`);
  return `seed ${run.seed}: ${run.wrong} of ${run.served} served differed (95 %: ${(100 * lower).toFixed(2)}-${(100 * upper).toFixed(2)} %); ${run.rung}, bundle ${run.bundleMegabytes.toFixed(1)} MB; ${seconds.join(', ')}; peak ${Math.round(run.megabytes.largest)} MB in one process, ${Math.round(run.megabytes.together)} MB in all; ${parity(run.parity)}`;
}

function parity({ compared, left, answers, largest, held }: Parity): string {
  if (compared === 0) return 'no call was predicted, so no parity to see';
  const asked = left === 0 ? `${compared}` : `${compared} of ${compared + left}`;
  return `in a fresh process ${answers} of ${asked} answers differ, confidences by at most ${largest.toExponential(1)}: parity ${held ? 'held' : 'NOT held'}`;
}
