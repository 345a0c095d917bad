import { dotsChart } from '../../webview/charts/dots.ts';
import { count, dollars, interval, milliseconds, percent, plural } from '../../webview/charts/words.ts';
import { sha256 } from '../base/hash.ts';
import { type Content, html, type Markup, raw } from './html.ts';
import { figure } from './reportCard.ts';
import type { Headline, ReportModel, ReportTask } from './reportModel.ts';
import { taskSection } from './reportTask.ts';
import { stageWords } from './reportWords.ts';

/**
 * The report as one HTML file: every picture and figure is in the markup, so it reads the same offline, printed, and
 * where no script may run. The script only adds comfort (tooltips, a filter). Nothing is loaded from anywhere; the
 * content security policy allows exactly the one style and the one script by their hashes.
 */
export function renderReport(
  model: ReportModel,
  assets: { readonly script: string; readonly style: string },
): string {
  const style = assets.style.replaceAll('</style', '<\\/style');
  const script = assets.script.replaceAll('</script', '<\\/script');
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  const title = model.tasks.length === 1 ? `${model.tasks[0]!.state.name} · Understudy` : 'Understudy report';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the figures</a>
<header class="masthead"><div class="mark">${mark}<span>Understudy</span></div><p>${written(model.writtenMs)}</p></header>
<main id="content">
${hero(model)}
${model.tasks.length > 1 ? overview(model.tasks) : null}
${model.tasks.map(taskSection)}
${glossary}
</main>
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.markup;
}

const mark = raw(
  '<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><circle cx="9" cy="12" r="7.5" fill="none" stroke="currentColor" stroke-width="1.6" opacity=".45"/><circle cx="15.5" cy="12" r="5" fill="var(--chart-accent)"/></svg>',
);

function hero({ headline, calls, unassigned, young, tasks }: ReportModel): Markup {
  const { source, local } = headline;
  const captured = html`<p class="fine">${plural(calls, 'call')} captured${tasks.length > 1 ? `, ${plural(tasks.length, 'task')} found` : ''}${unassigned > 0 ? `; ${plural(unassigned, 'call')} belong to no task and stay with the teacher${young > 0 ? `, ${plural(young, 'prompt')} among them too young to be a task` : ''}` : ''}.</p>`;
  if (source === 'none' || local.hits === 0)
    return html`<section class="hero"><h1>The teacher answers every call.</h1><p class="lede">${noStudent(tasks)}${couldBe(headline)}</p>${captured}${figures(headline)}</section>`;
  const picture = dotsChart({ local: local.rate, differ: headline.disagreement.rate });
  return html`<section class="hero">
<div class="opening"><div>
<h1><span class="share">${percent(local.rate)}</span> ${where(headline, tasks.length)} on this machine.</h1>
<p class="lede">${promise(headline)} The rest ${source === 'live' ? 'went' : 'would go'} to the teacher, as before.</p>
${counted(headline)}
${captured}
</div>
<figure class="dots">${raw(picture)}<figcaption>${dotWords(headline)}</figcaption></figure></div>
${figures(headline)}
</section>`;
}

function where({ source, counted }: Headline, tasks: number): string {
  const calls =
    counted === 'with-student'
      ? 'of the calls to tasks with a student'
      : tasks === 1
        ? 'of the calls'
        : 'of all calls';
  return `${calls} ${source === 'live' ? 'were answered' : 'can be answered'}`;
}

/** Which calls the great number counts, and what it is where a student could have answered at all. */
function counted({ sinceMs, local, withStudent }: Headline): Content {
  if (sinceMs === null) return null;
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
  return html`<p class="fine">Counted over all ${plural(local.n, 'call')} since the first student was switched on (${since} UTC); of the ${count(withStudent.n)} to tasks with a student, ${percent(withStudent.rate)}.</p>`;
}

function couldBe({ expected }: Headline): string {
  if (expected === null) return '';
  return ` By an estimate before any training, about ${percent(expected.share, 0)} of the calls could be answered on this machine.`;
}

function dotWords({ local, disagreement }: Headline): string {
  const differ = Math.round(local.rate * disagreement.rate * 100);
  return `A hundred calls. Filled: answered here${differ > 0 ? '; ringed: differs from the teacher' : ''}; the rest: the teacher.`;
}

function noStudent(tasks: readonly ReportTask[]): string {
  if (tasks.length === 0)
    return 'No task has been found yet. Let your program make some calls through the gateway, then analyse.';
  return tasks.length === 1
    ? tasks[0]!.state.summary
    : 'None of the tasks below has a student that may answer yet; each says why, and what would change it.';
}

function promise({ disagreement, epsilon, calibrated }: Headline): string {
  if (disagreement.n === 0) return 'The calls held out from training have not been evaluated yet.';
  const promised = epsilon === null ? '' : `, where at most ${percent(epsilon)} was promised`;
  return `On ${calibrated ? 'the calibration' : 'held-out'} calls its answers differed from the teacher’s ${percent(disagreement.rate)} of the time${promised}.`;
}

function figures({
  local,
  disagreement,
  epsilon,
  studentP50Ms,
  teacherP50Ms,
  savedPerMonth,
  costPerMonth,
  prices,
  capabilities,
  expected,
}: Headline): Markup {
  const offered = capabilities.keep + capabilities.route + capabilities.drop + capabilities['not yet'];
  return html`<dl class="figures">
${local.hits > 0 ? figure('Answered here', percent(local.rate), interval(local)) : null}
${local.hits === 0 && expected !== null ? figure('Could be answered here', `about ${percent(expected.share, 0)}`, expected.savedPerMonth === null ? 'estimated before training' : `estimated before training; saves ${dollars(expected.savedPerMonth)} a month`) : null}
${disagreement.n > 0 ? figure('Differs from the teacher', percent(disagreement.rate), `${interval(disagreement)}${epsilon === null ? '' : `; promised ≤ ${percent(epsilon)}`}`) : null}
${studentP50Ms !== null ? figure('Median answer', milliseconds(studentP50Ms), teacherP50Ms === null ? 'through the gateway' : `the teacher takes ${milliseconds(teacherP50Ms)}`) : null}
${costPerMonth !== null ? figure(savedPerMonth ? 'Saved a month' : 'Cost a month', dollars(savedPerMonth || costPerMonth), savedPerMonth ? `of ${dollars(costPerMonth)} ${prices}` : `${prices} and today’s rate`) : null}
${offered > 0 ? figure('Capabilities kept', `${count(capabilities.keep)} of ${count(offered)}`, `${capabilities.route} routed, ${capabilities['not yet']} not yet, ${capabilities.drop} dropped`) : null}
</dl>`;
}

function overview(tasks: readonly ReportTask[]): Markup {
  return html`<section class="overview" aria-label="Tasks"><table>
<thead><tr><th scope="col">Task</th><th scope="col" class="number">Calls</th><th scope="col">Answered here</th><th scope="col">State</th></tr></thead>
<tbody>${tasks.map(overviewRow)}</tbody></table></section>`;
}

function overviewRow({ state, local }: ReportTask): Markup {
  const bar = raw(
    `<svg viewBox="0 0 120 6" width="120" height="6" aria-hidden="true"><rect width="120" height="6" rx="3" fill="var(--chart-line)"/><rect width="${(local.rate * 120).toFixed(1)}" height="6" rx="3" fill="var(--chart-accent)"/></svg>`,
  );
  const share: Content = local.n === 0 ? '–' : percent(local.rate);
  return html`<tr><th scope="row"><a href="#task-${state.id}">${state.name}</a></th><td class="number">${count(state.calls)}</td><td class="bar">${bar}<span>${share}</span></td><td>${stageWords[state.stage]}</td></tr>`;
}

const glossary = html`<section class="glossary" aria-label="How to read this">
<h2>How to read this</h2>
<dl>
<div><dt>Agreement</dt><dd>The student’s whole answer equals the teacher’s: labels letter by letter, JSON by value, tool calls by name and arguments. A client that parses the answer could not tell the two apart.</dd></div>
<div><dt>Promise</dt><dd>Among the calls the student answers, at most the stated share differs from the teacher. The threshold behind it was tested on calls that neither training nor the choice of the threshold had seen, by exact binomial tests; with the stated probability (95 % unless changed) the promise holds.</dd></div>
<div><dt>Intervals</dt><dd>Exact 95 % intervals (Clopper and Pearson) with the number of calls behind them. A small number of calls gives a wide one.</dd></div>
<div><dt>Upper bound</dt><dd>How often a capability might still fire, given how often it had the chance and did not. Never seen is not the same as not needed.</dd></div>
<div><dt>Costs</dt><dd>List prices of the providers applied to the tokens in your traffic; your contract may differ.</dd></div>
</dl>
</section>`;

function written(ms: number): Markup {
  const iso = new Date(ms).toISOString();
  return html`Written <time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function hashOf(text: string): string {
  return `sha256-${Buffer.from(sha256(text), 'hex').toString('base64')}`;
}
