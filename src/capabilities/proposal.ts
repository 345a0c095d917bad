import type { Task } from '../tasks/task.ts';
import type { Capability, CapabilityKind, Catalogue, CostOfError, Verdict } from './capability.ts';
import { type CurvePoint, coverageCurve } from './curve.ts';
import { LEARNABLE_EXAMPLES } from './neverFired.ts';
import { type MeanPrice, meanPrice, type OwnPrices, type TokenUse } from './prices.ts';
import { countText, plural } from './words.ts';

/** The smallest set of capabilities worth distilling, before any training is paid for. Plain data for a picture and a table. */
export interface Proposal {
  readonly taskId: string;
  readonly version: number;
  readonly rows: readonly ProposalRow[];
  /** Number of capabilities and share of traffic by verdict. */
  readonly totals: Readonly<Record<Verdict, { readonly capabilities: number; readonly share: number }>>;
  /** Coverage of the traffic by the first n capabilities, the best first: the picture. */
  readonly curve: readonly CurvePoint[];
  readonly local: LocalShare;
  readonly saving: Saving;
  readonly training: TrainingEstimate;
  readonly notes: readonly string[];
}

export interface ProposalRow {
  readonly id: string;
  readonly kind: CapabilityKind;
  readonly name: string;
  readonly verdict: Verdict;
  readonly status: Capability['status'];
  readonly fired: number;
  /** Share of the calls that use it. */
  readonly share: number;
  /** Share of the calls that go to the teacher because of this choice alone. */
  readonly costsShare: number;
  readonly cost: CostOfError;
  readonly reason: string;
  readonly needed: DataNeeded | null;
}

/** "About 120 more traces, four days at today's rate." */
export interface DataNeeded {
  /** Traces of the task. */
  readonly traces: number;
  /** At today's rate; null where there is no traffic today. */
  readonly days: number | null;
  readonly text: string;
}

export interface LocalShare {
  /** Share of the traffic that uses kept capabilities only: no student can answer more. */
  readonly atMost: number;
  /** What a student is likely to answer. */
  readonly expected: number;
  /** Where `expected` comes from. */
  readonly basis: string;
}

export interface Saving extends Pick<MeanPrice, 'prices' | 'unknownModels'> {
  /** US dollars; null where no model's price is known. */
  readonly teacherPerMonth: number | null;
  readonly savedPerMonth: number | null;
  readonly callsPerMonth: number;
}

export interface TrainingEstimate {
  readonly rows: number;
  readonly classes: number;
  readonly seconds: number;
  readonly basis: string;
}

export interface ProposalContext {
  readonly usage?: readonly TokenUse[];
  readonly ownPrices?: OwnPrices;
  /** Decisions of the user; they win over the catalogue's verdicts. */
  readonly edits?: Readonly<Record<string, Verdict | null>>;
  /** Share of the kept traffic that an earlier student of this task served, where there was one. */
  readonly measuredCoverage?: number;
  /** Seconds that an earlier training of this task took, and on how many rows. */
  readonly measuredTraining?: { readonly seconds: number; readonly rows: number };
}

/** Examples of a capability at which a first student serves about half of its calls: a rule of thumb until one is trained. */
const HALF_SERVED = 15;

/** Proposes a capability set from a catalogue, with what each choice costs and saves. Pure. */
export function propose(task: Task, catalogue: Catalogue, context: ProposalContext = {}): Proposal {
  const verdicts = catalogue.capabilities.map((c) => context.edits?.[c.id] ?? c.verdict);
  const shapes = catalogue.shapes ?? [];
  const normal = shapes.reduce((sum, shape) => sum + shape.calls, 0);
  const costs = new Array<number>(catalogue.capabilities.length).fill(0);
  let kept = 0;
  let likely = 0;
  let rows = 0;
  for (const shape of shapes) {
    const missing = shape.needs.filter((k) => verdicts[k] !== 'keep');
    if (missing.length === 1) costs[missing[0]!]! += shape.calls;
    if (missing.length > 0) continue;
    kept += shape.calls;
    rows += shape.examples;
    likely += (shape.calls * shape.examples) / (shape.examples + HALF_SERVED);
  }
  const share = (calls: number): number => (normal === 0 ? 0 : calls / normal);
  const perDay = catalogue.callsPerDay ?? 0;
  const atMost = share(kept);
  const expected =
    context.measuredCoverage === undefined
      ? share(likely)
      : Math.min(atMost, context.measuredCoverage * atMost);
  const classes = catalogue.capabilities.filter((c, k) => verdicts[k] === 'keep' && isChoice(c.kind)).length;
  return {
    taskId: task.id,
    version: catalogue.version,
    rows: catalogue.capabilities.map((c, k) => rowOf(c, verdicts[k]!, share(costs[k]!), perDay)),
    totals: totalsOf(catalogue, verdicts, shapes, normal),
    curve: coverageCurve(catalogue, verdicts),
    local: {
      atMost,
      expected,
      basis:
        context.measuredCoverage === undefined
          ? `a rule of thumb from the number of examples (half of a capability's calls at ${HALF_SERVED} examples); training measures it`
          : 'measured on the student trained before',
    },
    saving: savingOf(meanPrice(context.usage ?? [], context.ownPrices), perDay * 30, expected),
    training: trainingOf(rows, classes, context.measuredTraining),
    notes: notesOf(catalogue, verdicts, atMost),
  };
}

function rowOf(c: Capability, verdict: Verdict, costsShare: number, perDay: number): ProposalRow {
  return {
    id: c.id,
    kind: c.kind,
    name: c.name,
    verdict,
    status: c.status,
    fired: c.fired,
    share: c.opportunities === 0 ? 0 : c.fired / c.opportunities,
    costsShare,
    cost: c.cost,
    reason: c.reason,
    needed: neededOf(c, verdict, perDay),
  };
}

/** What is missing before a capability that waits, or is too rare, can be decided or learned. */
function neededOf(c: Capability, verdict: Verdict, perDay: number): DataNeeded | null {
  if (verdict === 'keep' || verdict === 'drop' || c.callsNeeded === null) return null;
  const traces = c.callsNeeded;
  const days = perDay > 0 ? traces / perDay : null;
  const examples = c.examples ?? c.fired;
  const what =
    c.fired > 0 && examples < LEARNABLE_EXAMPLES
      ? ` to see ${LEARNABLE_EXAMPLES - examples} more different uses`
      : ' to decide it';
  const when = days === null ? 'no traffic today' : `${daysText(days)} at today's rate`;
  return { traces, days, text: `about ${plural(round(traces), 'more trace')}${what}, ${when}` };
}

/** Two leading digits: an estimate does not pretend to more. */
function round(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}

const small = [
  '',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];

function daysText(days: number): string {
  const whole = Math.ceil(days);
  if (whole > 365) return 'more than a year';
  if (whole > 60) return `${countText(whole / 30)} months`;
  return `${small[whole] ?? countText(whole)} ${whole === 1 ? 'day' : 'days'}`;
}

function isChoice(kind: CapabilityKind): boolean {
  return kind === 'label' || kind === 'enum' || kind === 'tool';
}

/** Traffic by the least kept capability that a call needs: drop, then route, then not yet, then keep. */
function totalsOf(
  catalogue: Catalogue,
  verdicts: readonly Verdict[],
  shapes: NonNullable<Catalogue['shapes']>,
  normal: number,
): Proposal['totals'] {
  const order: readonly Verdict[] = ['drop', 'route', 'not yet', 'keep'];
  const calls = new Map<Verdict, number>();
  for (const shape of shapes) {
    const worst = order.find((verdict) => shape.needs.some((k) => verdicts[k] === verdict)) ?? 'keep';
    calls.set(worst, (calls.get(worst) ?? 0) + shape.calls);
  }
  const total = (verdict: Verdict) => ({
    capabilities: catalogue.capabilities.filter((_, k) => verdicts[k] === verdict).length,
    share: normal === 0 ? 0 : (calls.get(verdict) ?? 0) / normal,
  });
  return { keep: total('keep'), route: total('route'), drop: total('drop'), 'not yet': total('not yet') };
}

function savingOf(
  { perCall, prices, unknownModels }: MeanPrice,
  callsPerMonth: number,
  localShare: number,
): Saving {
  const teacherPerMonth = perCall === null ? null : perCall * callsPerMonth;
  const savedPerMonth = teacherPerMonth === null ? null : teacherPerMonth * localShare;
  return { teacherPerMonth, savedPerMonth, callsPerMonth, unknownModels, prices };
}

function trainingOf(
  rows: number,
  classes: number,
  measured: ProposalContext['measuredTraining'],
): TrainingEstimate {
  if (measured !== undefined && measured.rows > 0) {
    const seconds = Math.max(1, Math.round((measured.seconds * rows) / measured.rows));
    return { rows, classes, seconds, basis: 'scaled from the training before' };
  }
  // Linear heads grow with rows times classes; the encoder takes a fixed number of steps once there is enough to learn.
  const linear = rows * (0.0008 + classes * 0.00002);
  const encoder = rows < 2000 ? 0 : 40 + rows * 0.002;
  return {
    rows,
    classes,
    seconds: Math.max(1, Math.round(3 + linear + encoder)),
    basis: 'estimated for four CPU cores',
  };
}

function notesOf(catalogue: Catalogue, verdicts: readonly Verdict[], atMost: number): string[] {
  const notes: string[] = [];
  const waiting = verdicts.filter((verdict) => verdict === 'not yet').length;
  if (waiting > 0)
    notes.push(`${plural(waiting, 'capability')} had no turn yet and stay with the teacher until then.`);
  const dear = catalogue.capabilities.filter(
    (c, k) => c.cost.grade === 'severe' && verdicts[k] === 'keep' && isChoice(c.kind),
  );
  for (const c of dear)
    notes.push(`${c.name} is kept by your decision although a mistake would be severe (${c.cost.reason}).`);
  if (catalogue.capabilities.length > 0 && atMost < 0.2)
    notes.push(
      'Less than a fifth of the traffic uses kept capabilities only: a student would answer little.',
    );
  return notes;
}
