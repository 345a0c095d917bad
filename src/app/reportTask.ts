import { capabilityRows, capabilityStrip } from '../../webview/charts/capabilities.ts';
import { costChart } from '../../webview/charts/cost.ts';
import { flowChart } from '../../webview/charts/flow.ts';
import { latencyChart } from '../../webview/charts/latency.ts';
import { learnedParts, learningChart } from '../../webview/charts/learning.ts';
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
  priceDate,
  selfAgreementWords,
} from '../../webview/charts/words.ts';
import type { Capability } from '../capabilities/capability.ts';
import type { EvaluationReport } from '../evaluation/certificate.ts';
import type { TaskState } from '../protocol.ts';
import { type Content, html, type Markup } from './html.ts';
import { card } from './reportCard.ts';
import { day, findingsOf, promptOf } from './reportHistory.ts';
import type { ReportTask } from './reportModel.ts';
import { proof } from './reportProof.ts';
import { proposal } from './reportProposal.ts';
import { weakness } from './reportWeakness.ts';
import { outputWords, reasonWords, rungWords, stageWords } from './reportWords.ts';

/** Everything about one task: pictures whose titles say what they show, each with its figures in a table. */
export function taskSection(task: ReportTask, _index: number, all: readonly ReportTask[]): Markup {
  const { state } = task;
  const report = state.student?.report ?? null;
  // Alone and without a student, the page has opened with the same sentence.
  const told = all.length === 1 && task.local.hits === 0;
  const about = [...state.providers, ...state.models.slice(-1), ...state.sites.slice(0, 1)];
  return html`<section class="task" id="task-${state.id}" aria-label="${state.name}">
<header>
<p class="eyebrow">${about.join(' · ')}</p>
<h2>${state.name} <span class="badge ${state.stage}">${stageWords[state.stage]}</span></h2>
${told ? null : html`<p class="lede">${state.summary}</p>`}
<p class="fine">${plural(state.calls, 'call')}, about ${count(Math.max(1, state.callsPerDay))} a day; answers ${outputWords(state.output)}; ${plural(state.versions, 'version')} of the prompt.</p>
</header>
${flow(task)}
<div class="pair">${report === null || report.n === 0 ? null : proof(state, report)}</div>
${proposal(state)}
${capabilities(state.capabilities)}
${findingsOf(state)}
${report === null ? null : weakness(state, report)}
<div class="pair">${latency(state)}${cost(task)}</div>
${learning(task)}
${traffic(task)}
${facts(state)}
</section>`;
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
      : `What the student would have done with calls ${source === 'calibration' ? 'kept back for calibration' : 'held out from training'}.`,
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

function capabilities(all: readonly Capability[]): Content {
  if (all.length === 0) return null;
  const offered = all.map((c) => ({ ...c, rate: c.rate.rate }));
  const fired = all.filter((c) => c.fired > 0).length;
  const silent = all.filter((c) => c.fired === 0);
  const many = all.length > 16;
  const strip = many ? capabilityStrip(offered) : capabilityRows(offered, { rows: 16 });
  return card(
    `${count(fired)} of ${plural(all.length, 'offered capability', 'offered capabilities')} ${fired === 1 ? 'was' : 'were'} ever used`,
    `Share of the calls each one fired in${many ? ', on a logarithmic scale' : ''}; the thin line is how often it might fire at most, given what was seen.`,
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
  // One alone compares with nothing.
  if (rows.length < 2) return null;
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
    `${priced(state)}, today’s rate of calls and ${percent(local.rate)} answered locally.${state.live.saved > 0 ? ` Saved so far: ${dollars(state.live.saved)}.` : ''}`,
    costChart({ teacher: state.costPerMonth, local: local.rate }),
  );
}

/** `At list prices of 2026-11-22`. */
function priced({ proposal: proposed }: TaskState): string {
  const words = priceDate(proposed?.saving.prices ?? []);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function learning({ curve, state }: ReportTask): Content {
  if (curve.length < 2) return null;
  const took =
    state.student === null ? '' : ` Took ${duration(state.student.trainSeconds)} on ${state.student.device}.`;
  return card(
    'How it learned',
    `Loss on the training calls (thin) and on calls kept aside (bold), where the dot is the lowest. What serves has seen every training call: how long it learns is what a pilot gained by, and the calls kept for calibration only show how it does.${took}`,
    learningChart(curve, { width: 1040, height: 260 }),
    {
      wide: true,
      table: {
        head: ['What learned', 'loss', 'on calls kept aside', 'stopped early'],
        rows: learnedParts(curve).map(({ name, loss, validation, ended }) => [
          name,
          loss.toFixed(3),
          validation === null ? '-' : validation.toFixed(3),
          ended ?? '-',
        ]),
      },
    },
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

function facts(state: TaskState): Markup {
  const { student } = state;
  return html`<div class="facts">
${
  student === null
    ? null
    : html`<dl><div><dt>Student</dt><dd>${rungWords[student.rung] ?? student.rung}</dd></div>
<div><dt>Parameters</dt><dd>${large(student.parameters)}</dd></div>
<div><dt>On disk</dt><dd>${bytes(student.bytes)}</dd></div>
<div><dt>Capability set</dt><dd>${signedWords(student)}</dd></div>
<div><dt>Trained</dt><dd>${student.trainSeconds > 0 ? `${duration(student.trainSeconds)} on ` : 'on '}${student.device}${student.deviceReason === undefined ? '' : ` (${student.deviceReason})`}</dd></div>
</dl>${student.selfAgreement === undefined ? null : html`<p class="fine">${selfAgreementWords(student.selfAgreement)}</p>`}${student.weights === undefined ? null : html`<p class="fine">${sentence(student.weights)}</p>`}${student.report === null || student.report.cached === 0 ? null : repeats(student.report)}`
}
${promptOf(state)}
</div>`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function signedWords({ signed }: NonNullable<TaskState['student']>): string {
  if (signed === null) return 'agreed to by nobody';
  const left = signed.waiting === 0 ? '' : `, without ${plural(signed.waiting, 'later change')}`;
  return `agreed to by ${signed.by} on ${day(signed.atMs)}${left}`;
}

function repeats({ cached, n, novelAgreement }: EvaluationReport): Markup {
  return html`<p class="fine">${percent(cached / n)} of the held-out calls repeat a training call and are not counted as its merit; on the others it agrees in ${percent(novelAgreement.rate)} (${interval(novelAgreement)}).</p>`;
}
