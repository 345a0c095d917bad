import { ENOUGH_CALLS, weaknessChart, worstFirst } from '../../webview/charts/weakness.ts';
import { count, interval, percent, plural } from '../../webview/charts/words.ts';
import { exactRate, type Rate } from '../base/binomial.ts';
import type { Capability } from '../capabilities/capability.ts';
import type { BucketReport, EvaluationReport } from '../evaluation/certificate.ts';
import type { TaskState } from '../protocol.ts';
import type { Content } from './html.ts';
import { card } from './reportCard.ts';

/** A kind of call: a capability of the catalogue, or a bucket of the evaluation that is none. */
interface Kind {
  readonly name: string;
  readonly capability: Capability | null;
  readonly agreement: Rate;
  readonly bucket: BucketReport | null;
  readonly served: boolean;
}

/** The same catalogue with the student's agreement: offered, fired, kept, and how well. Nothing before an evaluation. */
export function weakness(state: TaskState, report: EvaluationReport): Content {
  const kinds = worstFirst(kindsOf(state, report));
  const judged = kinds.filter((kind) => kind.agreement.n > 0);
  if (judged.length < 2) return null;
  const enough = judged.filter((kind) => kind.agreement.n >= ENOUGH_CALLS);
  const { capabilities } = state;
  const fired = capabilities.filter((c) => c.fired > 0).length;
  const kept = capabilities.filter((c) => c.verdict === 'keep').length;
  return card(
    titleOf(enough),
    `${count(capabilities.length)} offered, ${count(fired)} fired, ${count(kept)} kept; ${plural(judged.length, 'kind')} of call among the held-out ones, ${count(enough.length)} with ${ENOUGH_CALLS} calls or more to judge by. Agreement of whole answers before any threshold, the weakest first; fewer calls are shown in grey. Filled: answered here where the student is sure. Hollow: stays with the teacher.`,
    weaknessChart(judged.map((kind) => ({ ...kind, share: kind.capability?.rate.rate ?? null }))),
    {
      wide: true,
      table: {
        head: ['Kind of call', 'Fired', 'Choice', 'Agree', 'Interval', 'Answered here', 'of which differ'],
        rows: kinds.map(rowOf),
      },
    },
  );
}

function kindsOf({ student, capabilities }: TaskState, report: EvaluationReport): Kind[] {
  const outcome = student?.outcome;
  const serving = new Set(
    outcome?.kind === 'certified' ? outcome.buckets.filter((b) => b.serve).map((b) => b.bucket) : [],
  );
  const buckets = new Map(report.buckets.map((bucket) => [bucket.bucket, bucket]));
  const servedIn = (bucket: BucketReport | undefined): boolean =>
    bucket !== undefined && serving.has(bucket.bucket) && bucket.served > 0;
  const known = new Set(capabilities.map((c) => c.id));
  const offered = capabilities.map((capability) => ({
    name: capability.name,
    capability,
    agreement: capability.agreement ?? exactRate(0, 0),
    bucket: buckets.get(capability.id) ?? null,
    served: servedIn(buckets.get(capability.id)),
  }));
  const others = report.buckets
    .filter((bucket) => !known.has(bucket.bucket))
    .map((bucket) => ({
      name: bucket.bucket.replace(/^[a-z-]+:/, ''),
      capability: null,
      agreement: bucket.agreement,
      bucket,
      served: servedIn(bucket),
    }));
  return [...offered, ...others];
}

function titleOf([worst]: readonly Kind[]): string {
  if (worst === undefined) return 'Too few calls of each kind to say where it is weak';
  return worst.agreement.rate === 1
    ? 'Wherever there is enough to judge by, it agrees'
    : `Weakest at ${worst.name}: ${percent(worst.agreement.rate)} agree`;
}

function rowOf({ name, capability, agreement, bucket }: Kind): string[] {
  const judged = agreement.n > 0;
  return [
    name,
    capability === null ? '–' : count(capability.fired),
    capability?.verdict ?? '–',
    agreement.n >= ENOUGH_CALLS ? percent(agreement.rate) : judged ? 'insufficient data' : '–',
    judged ? interval(agreement) : '–',
    bucket === null ? '–' : `${count(bucket.served)} of ${count(bucket.n)}`,
    bucket === null || bucket.served === 0 ? '–' : percent(bucket.disagreement.rate),
  ];
}
