import { bucketChart } from '../../webview/charts/buckets.ts';
import { capabilityRows, capabilityStrip } from '../../webview/charts/capabilities.ts';
import { costChart } from '../../webview/charts/cost.ts';
import { flowChart } from '../../webview/charts/flow.ts';
import { latencyChart } from '../../webview/charts/latency.ts';
import { learningChart } from '../../webview/charts/learning.ts';
import { reliabilityChart } from '../../webview/charts/reliability.ts';
import { riskCoverageChart } from '../../webview/charts/riskCoverage.ts';
import { trafficChart } from '../../webview/charts/traffic.ts';
import {
  bytes,
  count,
  dollars,
  duration,
  interval,
  large,
  milliseconds,
  percent,
  plural,
} from '../../webview/charts/words.ts';
import type { Capability } from '../capabilities/capability.ts';
import type { EvaluationReport } from '../evaluation/certificate.ts';
import type { TaskState } from '../protocol.ts';
import { type Content, html, type Markup, raw } from './html.ts';
import type { ReportTask } from './reportModel.ts';
import { outputWords, reasonWords, rungWords, stageWords } from './reportWords.ts';

/** Everything about one task: pictures whose titles say what they show, each with its figures in a table. */
export function taskSection(task: ReportTask): Markup {
  const { state } = task;
  const report = state.student?.report ?? null;
  const about = [...state.providers, ...state.models.slice(-1), ...state.sites.slice(0, 1)];
  return html`<section class="task" id="task-${state.id}" aria-label="${state.name}">
<header>
<p class="eyebrow">${about.join(' · ')}</p>
<h2>${state.name} <span class="badge ${state.stage}">${stageWords[state.stage]}</span></h2>
<p class="lede">${state.summary}</p>
<p class="fine">${plural(state.calls, 'call')}, about ${count(Math.max(1, state.callsPerDay))} a day; answers ${outputWords(state.output)}; ${plural(state.versions, 'version')} of the prompt.</p>
</header>
${flow(task)}
${report === null || report.n === 0 ? null : proof(state, report)}
${capabilities(state.capabilities)}
<div class="pair">${latency(state)}${cost(task)}</div>
<div class="pair">${report === null ? null : buckets(state, report)}${learning(task)}</div>
${traffic(task)}
${facts(state)}
</section>`;
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function card(
  title: string,
  note: string,
  chart: string,
  options: { wide?: boolean; table?: Table; below?: Content } = {},
): Markup {
  return html`<figure class="${options.wide ? 'card wide' : 'card'}">
<figcaption><h3>${title}</h3><p>${note}</p></figcaption>
<div class="scroll">${raw(chart)}</div>
${options.below ?? null}
${options.table === undefined ? null : figuresTable(options.table)}
</figure>`;
}

function figuresTable({ head, rows }: Table): Markup {
  return html`<details class="data"><summary>Figures</summary><div class="scroll"><table>
<thead><tr>${head.map((cell, i) => html`<th scope="col"${i > 0 ? raw(' class="number"') : null}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="number">${cell}</td>`))}</tr>`)}</tbody>
</table></div></details>`;
}

function flow({ state, local, source }: ReportTask): Content {
  const live = Object.entries(state.live.byReason).filter(([, n]) => n > 0);
  const branches =
    source === 'live' && live.length > 0
      ? live.map(([reason, n]) => ({ label: reasonWords[reason] ?? reason, n, local: reason === 'served' }))
      : [
          { label: 'can be answered on this machine', n: local.hits, local: true },
          { label: 'the teacher answers', n: local.n - local.hits, local: false },
        ];
  const total = branches.reduce((sum, branch) => sum + branch.n, 0);
  if (branches.filter((branch) => branch.n > 0).length < 2) return null;
  const served = branches.filter((branch) => branch.local).reduce((sum, branch) => sum + branch.n, 0);
  return card(
    served === 0
      ? 'Every call goes to the teacher'
      : `${percent(served / total)} answered without the teacher`,
    source === 'live'
      ? 'Live calls since the student was switched on, and why the others went to the teacher.'
      : 'What the student would have done with calls held out from training.',
    flowChart(branches),
    {
      wide: true,
      table: {
        head: ['Where and why', 'Calls', 'Share'],
        rows: [...branches].sort((a, b) => b.n - a.n).map((b) => [b.label, count(b.n), percent(b.n / total)]),
      },
    },
  );
}

function proof({ student }: TaskState, report: EvaluationReport): Markup {
  const outcome = student?.outcome;
  const certificate = outcome?.kind === 'certified' ? outcome.certificate : null;
  const served =
    certificate === null ? null : { coverage: report.coverage, disagreement: report.disagreement };
  const title =
    certificate === null
      ? 'No threshold keeps the promise'
      : report.disagreement.lower > certificate.epsilon
        ? `The promise of ${percent(certificate.epsilon)} is broken on held-out calls`
        : `At most ${percent(certificate.epsilon)} may differ; ${percent(report.disagreement.rate)} do`;
  const tested =
    certificate === null
      ? outcome?.kind === 'refused'
        ? outcome.reason
        : ''
      : `Tested on ${plural(certificate.n, 'calibration call')} with ${plural(certificate.errors, 'disagreement')}; drawn here on ${plural(report.n, 'other call')}.`;
  return html`<div class="pair">
${card(
  title,
  tested,
  riskCoverageChart({ points: report.riskCoverage, epsilon: certificate?.epsilon ?? null, served }),
  {
    table: {
      head: ['If so much may differ', 'Could be answered'],
      rows: Object.entries(report.curve).map(([risk, share]) => [percent(Number(risk)), percent(share)]),
    },
  },
)}
${card(
  report.ece < 0.03
    ? 'It knows when it does not know'
    : `Its sureness is off by ${percent(report.ece)} on average`,
  'Each dot is a tenth of the held-out calls: how sure the student was, and how often it agreed.',
  reliabilityChart(report.reliability),
  {
    table: {
      head: ['Sure', 'Agreed', 'Calls'],
      rows: report.reliability.map((bin) => [percent(bin.confidence), percent(bin.agreement), count(bin.n)]),
    },
  },
)}
</div>`;
}

function capabilities(all: readonly Capability[]): Content {
  if (all.length === 0) return null;
  const offered = all.map((c) => ({ ...c, rate: c.rate.rate }));
  const fired = all.filter((c) => c.fired > 0).length;
  const silent = all.filter((c) => c.fired === 0);
  const strip = all.length > 16 ? capabilityStrip(offered) : capabilityRows(offered, { rows: 16 });
  return card(
    `${count(fired)} of ${plural(all.length, 'offered capability', 'offered capabilities')} ${fired === 1 ? 'was' : 'were'} ever used`,
    'Share of the calls each one fired in, on a logarithmic scale; the thin line is how often it might fire at most, given what was seen.',
    strip,
    {
      wide: true,
      below: silent.length === 0 ? null : neverFired(silent),
      table: {
        head: ['Capability', 'Fired', 'Chances', 'At most', 'Verdict', 'Why'],
        rows: [...all]
          .sort((a, b) => b.fired - a.fired || b.upper - a.upper)
          .map((c) => [
            c.name,
            count(c.fired),
            count(c.opportunities),
            percent(c.upper),
            c.verdict,
            c.reason,
          ]),
      },
    },
  );
}

function neverFired(silent: readonly Capability[]): Markup {
  const shown = [...silent].sort((a, b) => a.upper - b.upper).slice(0, 24);
  const more = silent.length - shown.length;
  return html`<p class="chips"><span class="lead">Never fired</span>${shown.map((c) => html`<span class="chip ${c.verdict.replace(' ', '-')}" title="${c.reason}">${c.name}<small>${c.verdict} · ≤ ${percent(c.upper)}</small></span>`)}${more > 0 ? html`<span class="lead">and ${more} more</span>` : null}</p>`;
}

function latency({ live }: TaskState): Content {
  const rows = [
    { name: 'Student', p50Ms: live.studentP50Ms, p99Ms: live.studentP99Ms, local: true },
    { name: 'Teacher', p50Ms: live.teacherP50Ms, p99Ms: live.teacherP99Ms, local: false },
  ].flatMap(({ p50Ms, p99Ms, ...row }) =>
    p50Ms === null || p99Ms === null ? [] : [{ ...row, p50Ms, p99Ms }],
  );
  if (rows.length === 0) return null;
  const [student, teacher] = rows;
  const ratio = student?.local === true && teacher !== undefined ? teacher.p50Ms / student.p50Ms : 0;
  return card(
    ratio >= 2
      ? `${ratio >= 10 ? count(ratio) : ratio.toFixed(1)} times faster at the median`
      : 'Time to an answer',
    'From the median (large dot) to the slowest of a hundred (small dot), as the client sees it.',
    latencyChart(rows),
    {
      table: {
        head: ['Who', 'Median', '99 % within'],
        rows: rows.map((r) => [r.name, milliseconds(r.p50Ms), milliseconds(r.p99Ms)]),
      },
    },
  );
}

function cost({ state, local }: ReportTask): Content {
  if (state.costPerMonth === null || state.costPerMonth === 0 || local.hits === 0) return null;
  const saved = state.costPerMonth * local.rate;
  return card(
    `${dollars(saved)} less a month`,
    `At list prices, today’s rate of calls and ${percent(local.rate)} answered locally.${state.live.saved > 0 ? ` Saved so far: ${dollars(state.live.saved)}.` : ''}`,
    costChart({ teacher: state.costPerMonth, local: local.rate }),
  );
}

function buckets({ student, capabilities }: TaskState, report: EvaluationReport): Content {
  const enough = report.buckets.filter((bucket) => bucket.n >= 5);
  if (enough.length < 2) return null;
  const names = new Map(capabilities.map((c) => [c.id, c.name]));
  const outcome = student?.outcome;
  const serving = new Set(
    outcome?.kind === 'certified' ? outcome.buckets.filter((b) => b.serve).map((b) => b.bucket) : [],
  );
  const rows = enough.map((bucket) => ({
    name: names.get(bucket.bucket) ?? bucket.bucket.replace(/^[a-z-]+:/, ''),
    agreement: bucket.agreement,
    served: serving.has(bucket.bucket),
  }));
  return card(
    'Where it is weakest',
    'Agreement before any threshold, the lowest first, with its interval and the number of calls. Hollow: stays with the teacher.',
    bucketChart(rows),
    {
      table: {
        head: ['Kind of call', 'Agree', 'Interval', 'Answered here', 'of which differ'],
        rows: enough.map((b) => [
          names.get(b.bucket) ?? b.bucket,
          percent(b.agreement.rate),
          interval(b.agreement),
          `${count(b.served)} of ${count(b.n)}`,
          b.served === 0 ? '–' : percent(b.disagreement.rate),
        ]),
      },
    },
  );
}

function learning({ curve, state }: ReportTask): Content {
  if (curve.length < 2) return null;
  const took =
    state.student === null ? '' : ` Took ${duration(state.student.trainSeconds)} on ${state.student.device}.`;
  return card(
    'How it learned',
    `Loss on the training calls and agreement on calls kept aside.${took}`,
    learningChart(curve),
  );
}

function traffic({ days }: ReportTask): Content {
  if (days.length < 2) return null;
  const local = days.reduce((sum, day) => sum + day.answeredLocally, 0);
  return card(
    'Calls a day',
    local > 0
      ? 'Answered on this machine below, by the teacher above.'
      : 'All answered by the teacher so far.',
    trafficChart(days.map((day) => ({ day: day.day, calls: day.calls, local: day.answeredLocally }))),
    {
      wide: true,
      table: {
        head: ['Day', 'Calls', 'Answered here'],
        rows: days.map((d) => [d.day, count(d.calls), count(d.answeredLocally)]),
      },
    },
  );
}

function facts({ student, prompt, slots }: TaskState): Markup {
  return html`<div class="facts">
${
  student === null
    ? null
    : html`<dl><div><dt>Student</dt><dd>${rungWords[student.rung] ?? student.rung}</dd></div>
<div><dt>Parameters</dt><dd>${large(student.parameters)}</dd></div>
<div><dt>On disk</dt><dd>${bytes(student.bytes)}</dd></div>
<div><dt>Trained</dt><dd>${duration(student.trainSeconds)} on ${student.device}</dd></div>
</dl>${student.report === null || student.report.cached === 0 ? null : repeats(student.report)}`
}
${
  prompt === ''
    ? null
    : html`<details class="data"><summary>The prompt and its blanks</summary><pre>${prompt}</pre>
<ul>${slots.map((slot) => html`<li><code>${slot.name}</code> ${slot.kept ? 'shown to the student' : 'left out'}: ${slot.reason}</li>`)}</ul></details>`
}
</div>`;
}

function repeats({ cached, n, novelAgreement }: EvaluationReport): Markup {
  return html`<p class="fine">${percent(cached / n)} of the held-out calls repeat a training call and are not counted as its merit; on the others it agrees in ${percent(novelAgreement.rate)} (${interval(novelAgreement)}).</p>`;
}
