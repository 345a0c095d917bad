import type { StudentState, TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, interval, percent } from '../format.ts';
import { icon } from '../icons.ts';
import { figure, figures } from './figure.ts';

type Report = NonNullable<StudentState['report']>;
type Certified = Extract<StudentState['outcome'], { kind: 'certified' }>;

/** What was shown on calls the student has never seen: the promise, the figures with their intervals, the trade-off. */
export function proof({ student }: TaskState): Child {
  if (student === null) return null;
  const { outcome, report } = student;
  // Declined before training: there is nothing to show.
  if (report === null && outcome.kind === 'refused') return null;
  return h(
    'section',
    { key: 'proof', class: 'block', 'aria-label': 'Proof' },
    h('h3', null, 'Proof'),
    // Why a student was refused is said at the top already.
    outcome.kind === 'certified' ? promise(outcome) : null,
    report === null
      ? null
      : [
          figures(
            figure({
              label: 'Agreement',
              value: percent(report.agreement.rate),
              note: interval(report.agreement),
            }),
            figure({
              label: 'Can answer',
              value: percent(report.coverage),
              note: `of ${count(report.n)} held-out calls${leftWords(report)}`,
              ...(report.coverage > 0 && { tone: 'good' as const }),
            }),
            report.coverage === 0
              ? null
              : figure({
                  label: 'Wrong among those',
                  value: percent(report.disagreement.rate),
                  note: interval(report.disagreement),
                }),
            report.cached === 0
              ? null
              : figure({
                  label: 'Exact repeats',
                  value: count(report.cached),
                  note: `the rest: ${percent(report.novelAgreement.rate)}`,
                }),
          ),
          tradeOff(
            report,
            outcome.kind === 'certified' ? outcome.certificate.epsilon : (outcome.joint?.epsilon ?? null),
          ),
        ],
  );
}

function leftWords({ unanswered }: Report): string {
  if (unanswered === undefined || unanswered.hits === 0) return '';
  return `; ${percent(unanswered.rate)} left to the teacher on purpose`;
}

/** Less than this is not worth a sentence. */
const LEAST_RESERVED = 0.01;

function promise({ certificate, reserved = 0, newKinds }: Certified): Tree {
  const { epsilon, delta, n, errors } = certificate;
  const text = `At most ${percent(epsilon, 0)} of its answers differ from the teacher's, with ${percent(1 - delta, 0)} confidence.`;
  const shown = `Shown on ${count(n)} calibration calls with ${count(errors)} ${errors === 1 ? 'disagreement' : 'disagreements'}.`;
  const many = typeof newKinds === 'number' ? `, up to ${percent(newKinds)} of all` : '';
  const left = `Another ${percent(reserved)} of the calls stay with the teacher in case calls of new kinds come${many} (understudy.newKinds).`;
  const detail = reserved < LEAST_RESERVED ? shown : `${shown} ${left}`;
  return h(
    'p',
    { class: 'promise' },
    icon('verified-filled'),
    h('span', null, text, ' ', h('span', { class: 'quiet' }, detail)),
  );
}

const WIDTH = 260;
const HEIGHT = 84;

/** Share answered against share wrong: how far the student could go, and where the promise stops it. */
function tradeOff(report: Report, epsilon: number | null): Child {
  const points = report.riskCoverage;
  if (points.length < 3) return null;
  const top = Math.max((epsilon ?? 0) * 2, ...points.map((point) => point.risk)) || 1;
  const x = (coverage: number): string => (coverage * WIDTH).toFixed(1);
  const y = (risk: number): string => (HEIGHT - (risk / top) * HEIGHT).toFixed(1);
  const line = points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.coverage)} ${y(point.risk)}`)
    .join(' ');
  const label = `Answering ${percent(report.coverage)} of the calls, ${percent(report.disagreement.rate)} of those differ; answering all it can, ${percent(1 - report.agreement.rate)}.`;
  return h(
    'figure',
    { class: 'chart' },
    h(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label, preserveAspectRatio: 'none' },
      h('rect', { class: 'chart-served', x: 0, y: 0, width: x(report.coverage), height: HEIGHT }),
      epsilon === null
        ? null
        : h('line', { class: 'chart-limit', x1: 0, y1: y(epsilon), x2: WIDTH, y2: y(epsilon) }),
      h('path', { class: 'chart-line', d: line }),
    ),
    h(
      'figcaption',
      { class: 'quiet' },
      h('span', null, 'nothing answered'),
      epsilon === null ? null : h('span', null, `limit ${percent(epsilon, 0)} wrong`),
      h('span', null, 'everything'),
    ),
  );
}
