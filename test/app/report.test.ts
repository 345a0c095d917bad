import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { renderReport } from '../../src/app/report.ts';
import { reportModel } from '../../src/app/reportModel.ts';
import type { AppState } from '../../src/protocol.ts';
import { options, workspace } from './reportFixture.ts';

const assets = { script: 'document.title += "";', style: 'body { margin: 0 }' };
const page = renderReport(reportModel(workspace(), options), assets);

function pageOf(state: AppState, taskId: string | null = null): string {
  return renderReport(reportModel(state, { ...options, taskId }), assets);
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
}

test('the page names its figures in words, with interval and count', () => {
  assert.match(page, /<span class="share">57\.2\u00a0%<\/span> of all calls were answered on this machine/);
  assert.match(page, /over all 5,120 calls since the first student was switched on \(2026-11-05 09:00 UTC\)/);
  assert.match(page, /of the 4,018 to tasks with a student, 72\.9\u00a0%/);
  assert.match(page, /55\.9 – 58\.6\u00a0%, n = 5,120/);
  assert.match(page, /where at most 2\u00a0% was promised/);
  assert.match(page, /Live audits so far: 3 of 212 differ \(at most 4\.1\u00a0%\)/);
  assert.match(
    page,
    /Counted over all calls, [\d.]+\u00a0% could be answered here with at most 2\u00a0% of the traffic differing/,
  );
  assert.match(page, /413 times faster at the median/);
  assert.match(page, /\$300\.98 less a month/);
  assert.match(page, /112 of 124 offered capabilities were ever used/);
});

test('nothing is loaded from anywhere', () => {
  const urls = [...matches(page, /\s(?:src|href|action)="([^"]*)"/g), ...matches(page, /url\(([^)]*)\)/g)];
  assert.deepEqual(
    urls.filter((url) => !url.startsWith('#')),
    [],
  );
  assert.deepEqual(
    matches(page, /https?:\/\/[^"\s]+/g).filter((url) => url !== 'http://www.w3.org/2000/svg'),
    [],
  );
});

test('the policy allows exactly the one style and the one script of the page', () => {
  const policy = matches(page, /http-equiv="Content-Security-Policy" content="([^"]+)"/g)[0]!.replaceAll(
    '&#39;',
    "'",
  );
  assert.match(policy, /^default-src 'none';/);
  for (const tag of ['style', 'script']) {
    const inline = matches(page, new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'));
    assert.equal(inline.length, 1);
    const hash = createHash('sha256').update(inline[0]!).digest('base64');
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), `${tag} would be blocked`);
  }
  assert.ok(!/\sstyle=/.test(page), 'style attributes would be blocked');
  assert.ok(!/\son\w+=/.test(page), 'handlers in attributes would be blocked');
});

test('a script that closes itself does not end the page', () => {
  const odd = renderReport(reportModel(workspace(), options), { script: 'x("</script><b>")', style: '' });
  assert.equal(matches(odd, /<\/script>/g).length, 1);
});

test('every picture is described and stands in a figure with a title', () => {
  const charts = matches(page, /<svg[^>]*class="chart"[^>]*>/g);
  assert.ok(charts.length >= 10);
  for (const chart of charts) assert.match(chart, /role="img" aria-label="[^"]{15,}"/);
  for (const figure of matches(page, /<figure class="card[^"]*">[\s\S]*?<\/figure>/g)) {
    assert.match(figure, /<h3>[^<]{5,}<\/h3>/);
    assert.equal(matches(figure, /class="chart"/g).length, 1);
  }
});

test('what a picture shows is there as a table', () => {
  const tables = matches(page, /<details class="data"><summary>Figures<\/summary>/g);
  assert.ok(tables.length >= 7);
  assert.match(page, /<th scope="row">student not sure enough<\/th><td class="number">812<\/td>/);
  assert.match(page, /<th scope="row">track_trip<\/th><td class="number">0<\/td>/);
});

test('no figure is broken', () => {
  for (const word of ['NaN', 'undefined', 'Infinity', '[object', 'null<'])
    assert.ok(!page.includes(word), `the page says ${word}`);
});

test('tags are balanced', () => {
  for (const tag of [
    'section',
    'figure',
    'table',
    'tr',
    'td',
    'th',
    'svg',
    'g',
    'details',
    'div',
    'dl',
    'dd',
    'p',
    'span',
  ])
    assert.equal(
      matches(page, new RegExp(`<${tag}[\\s>]`, 'g')).length -
        matches(page, new RegExp(`<${tag}\\b[^>]*/>`, 'g')).length,
      matches(page, new RegExp(`</${tag}>`, 'g')).length,
      tag,
    );
});

test('a hostile name, prompt or reason stays text', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&';
  const state = workspace();
  const task = state.tasks[1]!;
  const hostile = {
    ...task,
    name: evil,
    summary: evil,
    prompt: evil,
    sites: [evil],
    live: { ...task.live, byReason: { ...task.live.byReason, [evil]: 4 } },
    capabilities: task.capabilities.map((c, i) => (i === 120 ? { ...c, name: evil, reason: evil } : c)),
    slots: [{ ...task.slots[0]!, name: evil, reason: evil }],
  };
  const written = pageOf({ ...state, tasks: [hostile] });
  assert.ok(!written.includes('<img'));
  assert.ok(written.includes('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;'));
});

test('a refusal is told as what it is, once', () => {
  const written = pageOf(workspace(), 'mood');
  assert.match(written, /The teacher answers every call\./);
  assert.match(written, /No threshold keeps the promise/);
  assert.equal(matches(written, /<p class="lede">Stay with the teacher/g).length, 1);
  assert.ok(!written.includes('assistant intent'));
});

test('a task without a student and a workspace without tasks have a page too', () => {
  assert.match(pageOf(workspace(), 'ticket-summary'), /Collecting traffic: 140 calls so far/);
  const empty = pageOf({ ...workspace(), tasks: [], jobs: [] });
  assert.match(empty, /No task has been found yet/);
});

test('held-out figures stand in until there are live ones', () => {
  const state = workspace();
  const task = state.tasks[1]!;
  const before = { ...state, tasks: [{ ...task, live: state.tasks[0]!.live }] };
  const { headline } = reportModel(before, options);
  assert.equal(headline.source, 'held-out');
  assert.equal(headline.local.n, 4000);
  assert.match(pageOf(before), /of the calls can be answered on this machine/);
});

test('figures drawn on the calibration calls say so', () => {
  const state = workspace();
  const task = state.tasks[1]!;
  assert.ok(task.student?.outcome.kind === 'certified' && task.student.report !== null);
  const { coverage } = task.student.outcome.certificate;
  const student = { ...task.student, report: { ...task.student.report, coverage } };
  const written = pageOf({ ...state, tasks: [{ ...task, student, live: state.tasks[0]!.live }] });
  assert.match(written, /On the calibration calls its answers differed/);
  assert.match(written, /drawn here on those same calls, as no others were kept back/);
  assert.ok(!page.includes('calibration calls its answers'));
});

test('calls kept back for new kinds are told, with how many of those are reckoned with', () => {
  const told = (newKinds: number | null): string => {
    const state = workspace();
    const tasks = state.tasks.map((task) =>
      task.student?.outcome.kind === 'certified'
        ? {
            ...task,
            student: { ...task.student, outcome: { ...task.student.outcome, reserved: 0.06, newKinds } },
          }
        : task,
    );
    return pageOf({ ...state, tasks });
  };
  const words =
    /Another 6\u00a0% stay with the teacher in case calls of kinds come that the student has never seen, /;
  assert.match(told(0.04), new RegExp(`${words.source}up to 4.% of all\\.`));
  assert.match(told(null), new RegExp(`${words.source}however many\\.`));
  assert.doesNotMatch(page, /Another/);
});

test('how often the teacher agrees with itself is told with its interval and what follows from it', () => {
  assert.match(page, /agrees with itself in 97\.1\u00a0% \(95\.0 – 98\.5\u00a0%, n = 412\)/);
  assert.match(page, /12 inputs had answers that differ/);
  assert.match(page, /No student can agree with it more often than 98\.5\u00a0%/);
});

test('the headline pools tasks and keeps the loosest promise', () => {
  const { headline, tasks } = reportModel(workspace(), options);
  assert.deepEqual(
    tasks.map((task) => task.state.id),
    ['assistant-intent', 'mood', 'ticket-summary'],
  );
  assert.equal(headline.source, 'live');
  assert.deepEqual([headline.local.hits, headline.local.n, headline.withStudent.n], [2931, 5120, 4018]);
  const some = reportModel(workspace(), { ...options, live: null }).headline;
  assert.deepEqual([some.counted, some.local.n], ['with-student', 4018]);
  assert.equal(headline.epsilon, 0.02);
  assert.equal(headline.capabilities.keep, 100);
  assert.ok(Math.abs((headline.savedPerMonth ?? 0) - 412.6 * (2931 / 4018)) < 1e-9);
});

test('the proposal says what is kept, what each choice costs, and who agreed', () => {
  const state = workspace();
  const task = state.tasks[1]!;
  const { totals, local, rows } = task.proposal!;
  const shown = (share: number): string => `${(share * 100).toFixed(1).replace(/\.0$/, '')}\u00a0%`;
  assert.ok(page.includes(`<h3>96 capabilities carry ${shown(local.atMost)} of the calls</h3>`));
  for (const [name, verdict] of [
    ['Kept', 'keep'],
    ['Routed', 'route'],
    ['Not yet', 'not yet'],
  ] as const) {
    const { capabilities, share } = totals[verdict];
    const cells = `${name}</th><td class="number">${capabilities}</td><td class="number">${shown(share)}</td>`;
    assert.ok(page.includes(cells), cells);
  }
  const dearest = rows.filter((row) => row.costsShare > 0).sort((a, b) => b.costsShare - a.costsShare)[0]!;
  assert.ok(page.includes(`<span>${dearest.name}</span><b>${shown(dearest.costsShare)}</b>`));
  assert.ok(page.includes(`<dd class="value">$${(412.6 * local.expected).toFixed(2)}</dd>`));
  assert.match(page, /List prices: gpt-4o as of \d{4}-\d\d-\d\d \(openai\.com/);
  assert.match(page, /No price is known for teacher-small; those calls are counted at the mean price/);
  const first = rows.find((row) => row.needed !== null && row.fired === 0)!;
  const same = rows.filter((row) => row.verdict === 'not yet' && row.needed?.text === first.needed!.text);
  const shownNames = same.length > 5 ? same.slice(0, 4) : same;
  const text = `<small>each ${first.needed!.text.replaceAll("'", '&#39;')}</small>`;
  assert.ok(same.length > 1 && text.includes('about 4,200 more traces'));
  assert.ok(page.includes(`<span>${shownNames.map((row) => row.name).join(', ')}`) && page.includes(text));
  assert.match(page, /<dd class="value">Ada<\/dd><dd class="note">on 2026-11-09/);
});

test('a task that was not trained yet opens with what training would bring', () => {
  const state = workspace();
  const task = {
    ...state.tasks[1]!,
    student: null,
    signed: null,
    live: state.tasks[0]!.live,
    stage: 'ready' as const,
  };
  const written = pageOf({ ...state, tasks: [task] });
  const expected = Math.round(task.proposal!.local.expected * 100);
  assert.match(written, /The teacher answers every call\./);
  assert.match(
    written,
    new RegExp(`before any training, about ${expected}\u00a0% of the calls could be answered`),
  );
  assert.match(written, /<dd class="value">nobody yet<\/dd>/);
  assert.ok(!written.includes('Weakest at'));
});

test('free text has no set to choose and promises nothing', () => {
  const state = workspace();
  const output = { kind: 'text', medianWords: 40 } as unknown as AppState['tasks'][number]['output'];
  const task = { ...state.tasks[1]!, student: null, live: state.tasks[0]!.live, output };
  const { headline } = reportModel({ ...state, tasks: [task] }, options);
  assert.equal(headline.expected, null);
  assert.ok(!pageOf({ ...state, tasks: [task] }).includes('worth distilling'));
});

test('the weakness map joins what is offered, fired, kept, and how well', () => {
  const [worst] = workspace()
    .tasks[1]!.capabilities.filter((c) => (c.agreement?.n ?? 0) >= 30)
    .sort((a, b) => a.agreement!.rate - b.agreement!.rate || b.agreement!.n - a.agreement!.n);
  assert.ok(page.includes(`<h3>Weakest at ${worst!.name}: `));
  assert.match(page, /124 offered, 112 fired, 96 kept; \d+ kinds of call among the held-out ones/);
  assert.match(page, /<td class="number">insufficient data<\/td>/);
  assert.match(
    page,
    /<th scope="row">track_trip<\/th><td class="number">0<\/td><td class="number">drop<\/td>/,
  );
});

test('the curve of the training stays after the job is gone', () => {
  const state = workspace();
  const task = state.tasks[1]!;
  const { curve } = state.jobs[0]!;
  const after = { ...state, jobs: [], tasks: [{ ...task, student: { ...task.student!, curve } }] };
  assert.match(pageOf(after), /How it learned/);
  assert.ok(!pageOf({ ...after, tasks: [task] }).includes('How it learned'));
  const wide = { ...task, student: { ...task.student!, rung: 'wide' as const, curve } };
  assert.ok(!pageOf({ ...after, tasks: [wide] }).includes('How it learned'));
});

test('edits come with their diff, teachers with their dates, blanks with their evidence', () => {
  assert.match(page, /Version 2, major, since 2026-11-02, 50 calls: the teacher changed from teacher-small/);
  assert.match(page, /-Reply with one intent\.\n\+Reply with one intent &#38; nothing else\./);
  assert.match(page, /<code>teacher-small<\/code> from 2026-10-26 to 2026-11-02, 90 calls/);
  assert.match(page, /<code>date<\/code> \(date, 14 different\) left out: carries no information/);
});

test('what the traffic says stands in words with its figures', () => {
  assert.match(page, /At most 0\.2\s% will need something never seen/);
  assert.match(page, /9 of the newer 7,600 calls used something that the older half had never used/);
});

test('the student names who agreed to its set, and later changes are told', () => {
  assert.match(page, /agreed to by Ada on 2026-11-09/);
  const state = workspace();
  const changes = [{ id: 'label:a', name: 'show_balance', from: 'keep', to: 'drop' }] as const;
  const tasks = state.tasks.map((task) =>
    task.signed ? { ...task, signed: { ...task.signed, changes } } : task,
  );
  assert.match(
    pageOf({ ...state, tasks }),
    /1 choice changed since and not agreed to: show_balance keep → drop/,
  );
});
