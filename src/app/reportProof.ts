import { reliabilityChart } from '../../webview/charts/reliability.ts';
import { riskCoverageChart } from '../../webview/charts/riskCoverage.ts';
import { count, percent, plural } from '../../webview/charts/words.ts';
import type { Certificate, CertificationOutcome, EvaluationReport } from '../evaluation/certificate.ts';
import { newKindsWords } from '../evaluation/reserve.ts';
import type { TaskState } from '../protocol.ts';
import { html, type Markup } from './html.ts';
import { card } from './reportCard.ts';
import { testedOn } from './reportModel.ts';

/** The promise and how honest the student is about itself, drawn on calls held out from training and calibration. */
export function proof(state: TaskState, report: EvaluationReport): Markup {
  const outcome = state.student?.outcome;
  const certificate = outcome?.kind === 'certified' ? outcome.certificate : null;
  const epsilon = certificate?.epsilon ?? outcome?.joint?.epsilon ?? null;
  const served =
    certificate === null ? null : { coverage: report.coverage, disagreement: report.disagreement };
  const tested =
    certificate === null
      ? 'How much of the held-out traffic could be answered, surest first, and how much of that would differ.'
      : `Tested on ${plural(certificate.n, 'calibration call')} with ${plural(certificate.errors, 'disagreement')}; drawn here on ${testedOn(state) === 'calibration' ? 'those same calls, as no others were kept back' : plural(report.n, 'other call')}.${unansweredWords(report)}${audits(state)}${reservedWords(outcome)}${jointWords(outcome)}`;
  const everything = report.riskCoverage.at(-1);
  const curve = Object.entries(report.curve).map(([risk, share]) => [percent(Number(risk)), percent(share)]);
  return html`${card(
    promiseTitle(certificate, report),
    tested,
    riskCoverageChart({ points: report.riskCoverage, epsilon, served }),
    {
      table: {
        head: ['If so much may differ', 'Could be answered'],
        rows:
          everything === undefined
            ? curve
            : [...curve, [percent(everything.risk), percent(everything.coverage)]],
      },
    },
  )}
${reliabilityCard(report)}`;
}

/** Calls that it leaves to the teacher whatever its sureness: coverage lost, not disagreement. */
function unansweredWords({ unanswered }: EvaluationReport): string {
  if (unanswered === undefined || unanswered.hits === 0) return '';
  return ` ${percent(unanswered.rate)} of those stay with the teacher in any case: it has no answer to them, or none that it may give.`;
}

/** What the audits of live answers say so far. */
function audits({ live: { audited } }: TaskState): string {
  if (audited.n === 0) return '';
  return ` Live audits so far: ${count(audited.hits)} of ${count(audited.n)} differ (at most ${percent(audited.upper)}).`;
}

/** What it costs to reckon with kinds of calls that may come. */
function reservedWords(outcome: CertificationOutcome | undefined): string {
  if (outcome?.kind !== 'certified' || (outcome.reserved ?? 0) < leastReserved) return '';
  return ` Another ${percent(outcome.reserved ?? 0)} stay with the teacher in case calls of kinds come that the student has never seen, ${newKindsWords(outcome.newKinds ?? null)}.`;
}

/** Less than this is not worth a sentence. */
const leastReserved = 0.01;

/** The second, weaker promise: it counts over all calls, so it reaches further. */
function jointWords(outcome: CertificationOutcome | undefined): string {
  const joint = outcome?.joint ?? null;
  if (joint === null) return '';
  return ` Counted over all calls, ${percent(joint.coverage)} could be answered here with at most ${percent(joint.epsilon)} of the traffic differing.`;
}

function promiseTitle(certificate: Certificate | null, { disagreement }: EvaluationReport): string {
  if (certificate === null) return 'No threshold keeps the promise';
  const promised = percent(certificate.epsilon);
  return disagreement.lower > certificate.epsilon
    ? `The promise of ${promised} is broken on held-out calls`
    : `At most ${promised} may differ; ${percent(disagreement.rate)} do`;
}

function reliabilityCard({ ece, reliability }: EvaluationReport): Markup {
  return card(
    ece < 0.03 ? 'It knows when it does not know' : `Its sureness is off by ${percent(ece)} on average`,
    'Each dot is a tenth of the held-out calls: how sure the student was, and how often it agreed.',
    reliabilityChart(reliability),
    {
      table: {
        head: ['Sure', 'Agreed', 'Calls'],
        rows: reliability.map((bin) => [percent(bin.confidence), percent(bin.agreement), count(bin.n)]),
      },
    },
  );
}
