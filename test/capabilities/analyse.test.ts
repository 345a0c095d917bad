import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactRate } from '../../src/base/binomial.ts';
import { analyseCapabilities } from '../../src/capabilities/analyse.ts';
import type { Capability, Catalogue } from '../../src/capabilities/capability.ts';
import { costOf, gradeDollars } from '../../src/capabilities/cost.ts';
import { findings } from '../../src/capabilities/findings.ts';
import type { AssignedCall } from '../../src/tasks/task.ts';
import { DAY_MS, jsonOutput, logTask, START_MS, steady, toolsOutput } from './support/log.ts';

const prompt =
  'Classify the message.\n\nLabels:\n- alpha\n- beta\n- gamma\n- delta\n- refund\n- suicide_risk';

function get(catalogue: Catalogue, id: string): Capability {
  const found = catalogue.capabilities.find((c) => c.id === id);
  assert.ok(found, `${id} in ${catalogue.capabilities.map((c) => c.id).join(' ')}`);
  return found;
}

/** Three weeks of alpha and beta, with what a test adds. */
const threeWeeks = (special: (day: number, i: number) => string | null = () => null, perDay = 60) =>
  steady(21, perDay, (day, i) => special(day, i) ?? (i % 3 === 0 ? 'beta' : 'alpha'));

function analyse(calls: ReturnType<typeof steady>, day = 21, options: { prompts?: string[] } = {}) {
  const { task, calls: assigned } = logTask(calls, { prompts: options.prompts ?? [prompt] });
  return analyseCapabilities(task, assigned, { nowMs: START_MS + day * DAY_MS });
}

test('keeps what fires, drops the trivial dead, waits for the dear, routes the severe', () => {
  const catalogue = analyse(threeWeeks());
  assert.equal(get(catalogue, 'label:alpha').verdict, 'keep');
  assert.equal(get(catalogue, 'label:alpha').fired, 840);
  const dead = get(catalogue, 'label:gamma');
  assert.equal(dead.status, 'dead');
  assert.equal(dead.verdict, 'drop');
  assert.equal(dead.opportunities, 1260);
  assert.match(dead.reason, /^Never fired in 1,260 opportunities over 21 days; at most 0\.\d+ % of calls\./);
  assert.match(dead.reason, /would cost at most \$0\.00\d+ a call/);
  assert.ok((dead.expectedNextMonth ?? 0) > 0);
  assert.notEqual(get(catalogue, 'label:refund').status, 'dead');
  const severe = get(catalogue, 'label:suicide_risk');
  assert.equal(severe.status, 'long tail');
  assert.equal(severe.verdict, 'route');
});

test('two weeks of silence are a coverage signal: not yet', () => {
  const catalogue = analyse(
    threeWeeks().filter((call) => call.day < 14),
    14,
  );
  for (const id of ['label:gamma', 'label:refund', 'label:suicide_risk']) {
    assert.equal(get(catalogue, id).status, 'not yet');
    assert.equal(get(catalogue, id).verdict, 'not yet');
  }
  assert.match(get(catalogue, 'label:gamma').reason, /offered for 14 days, a full cycle is 20/);
  assert.ok((get(catalogue, 'label:gamma').callsNeeded ?? 0) > 0);
});

test('a cycle without the end of a month decides nothing', () => {
  const shifted = threeWeeks().map((call) => ({ ...call, day: call.day + 21 })); // 2 to 23 November.
  assert.match(get(analyse(shifted, 42), 'label:gamma').reason, /no end of a month seen/);
});

test('few opportunities wait, and say how many more calls decide', () => {
  const catalogue = analyse(threeWeeks(() => null, 3));
  const gamma = get(catalogue, 'label:gamma');
  assert.equal(gamma.status, 'not yet');
  assert.match(gamma.reason, /\d+ more calls without a hit would be needed to drop it, about \d+ days/);
  assert.ok(gamma.callsNeeded! > 50 && gamma.callsNeeded! < 500);
});

test('documents under one letterhead are different inputs', () => {
  const head = 'Acme Ltd, 1 High Street. Registered in England and Wales. All rights reserved. '.repeat(12);
  const calls = threeWeeks((_, i) => (i % 6 === 0 ? 'gamma' : null)).map((call, i) =>
    call.answer === 'gamma' ? { ...call, text: `${head}\n${paragraphOf(i)}` } : call,
  );
  const gamma = get(analyse(calls), 'label:gamma');
  assert.equal(gamma.fired, 210);
  assert.equal(gamma.verdict, 'keep', gamma.reason);
});

function paragraphOf(i: number): string {
  return Array.from({ length: 60 }, (_, k) => `word${(i * 7919 + k * 104_729) % 9973}`).join(' ');
}

test('a rare label is the long tail and stays with the teacher', () => {
  const catalogue = analyse(threeWeeks((day, i) => (i === 7 && day % 7 === 2 ? 'gamma' : null)));
  const gamma = get(catalogue, 'label:gamma');
  assert.equal(gamma.fired, 3);
  assert.equal(gamma.status, 'long tail');
  assert.equal(gamma.verdict, 'route');
  assert.equal(gamma.days, 3);
  assert.ok(gamma.callsNeeded! > 1000);
});

test('a late arrival is not yet before and new after', () => {
  const calls = threeWeeks((day, i) => (day >= 15 && i % 10 === 0 ? 'gamma' : null));
  assert.equal(
    get(
      analyse(
        calls.filter((c) => c.day < 15),
        15,
      ),
      'label:gamma',
    ).status,
    'not yet',
  );
  const after = get(analyse(calls), 'label:gamma');
  assert.equal(after.status, 'new');
  assert.match(after.reason, /New: first hit on 2026-10-27, after 900 opportunities without one/);
  assert.equal(after.verdict, 'keep');
});

test('what stops firing is dormant, then retired, and goes to the teacher', () => {
  const calls = threeWeeks((day, i) => (day < 8 && i % 10 === 0 ? 'gamma' : null));
  const week = get(
    analyse(
      calls.filter((c) => c.day < 13),
      13,
    ),
    'label:gamma',
  );
  assert.equal(week.status, 'dormant');
  const end = get(analyse(calls), 'label:gamma');
  assert.equal(end.status, 'retired');
  assert.equal(end.verdict, 'route');
});

test('a declaration counts opportunities only since the edit that brought it', () => {
  const later = `${prompt}\n- epsilon`;
  const calls = threeWeeks().map((call) => ({ ...call, version: call.day < 9 ? 1 : 2 }));
  const epsilon = get(analyse(calls, 21, { prompts: [prompt, later] }), 'label:epsilon');
  assert.equal(epsilon.opportunities, 12 * 60);
  assert.equal(epsilon.sinceMs, START_MS + 9 * DAY_MS);
  assert.equal(epsilon.status, 'not yet');
});

test('a label that an edit removed is retired', () => {
  const before = `${prompt}\n- epsilon`;
  const calls = threeWeeks((day, i) => (day < 9 && i === 5 ? 'epsilon' : null)).map((call) => ({
    ...call,
    version: call.day < 9 ? 1 : 2,
  }));
  const epsilon = get(analyse(calls, 21, { prompts: [before, prompt] }), 'label:epsilon');
  assert.equal(epsilon.status, 'retired');
  assert.equal(epsilon.verdict, 'drop');
  assert.equal(epsilon.opportunities, 9 * 60);
});

test('an edit after which no list can be read retires nothing', () => {
  const calls = threeWeeks((day, i) => (day < 9 && i === 5 ? 'gamma' : null)).map((call) => ({
    ...call,
    version: call.day < 20.9 ? 1 : 2,
  }));
  const catalogue = analyse(calls, 21, { prompts: [prompt, 'Classify the message as agreed before.'] });
  assert.equal(get(catalogue, 'label:delta').opportunities, 21 * 60);
  assert.ok(!catalogue.capabilities.some((c) => c.reason.includes('No longer declared')));
});

test('near duplicates of a day and bursts are worth less than their number', () => {
  const twin = (day: number): string =>
    `the same retry over and over on day ${Math.floor(day)}, please answer now`;
  const calls = threeWeeks().map((call, i) =>
    i % 2 === 0 ? { ...call, text: `${twin(call.day)}${i % 4 === 0 ? '!' : ''}` } : call,
  );
  const gamma = get(analyse(calls), 'label:gamma');
  assert.equal(gamma.opportunities, 1260);
  assert.ok(gamma.effective < 700 && gamma.effective > 500, String(gamma.effective));
  const bursts = steady(21, 200, (_, i) => ({ answer: i < 100 ? 'alpha' : 'beta' })).map((call, i) => ({
    ...call,
    day: Math.floor(call.day) + (i % 200 < 100 ? 0.1 : 0.6) + (i % 100) * 1e-5,
  }));
  const burst = get(analyse(bursts), 'label:gamma');
  assert.ok(burst.effective < 0.1 * burst.opportunities, `${burst.effective} of ${burst.opportunities}`);
  assert.equal(burst.status, 'not yet');
});

test('another spelling of a label is the same label', () => {
  const catalogue = analyse(threeWeeks((_, i) => (i === 3 ? 'Alpha.' : i === 4 ? '"alpha"' : null)));
  assert.equal(get(catalogue, 'label:alpha').fired, 840 + 21);
  assert.ok(!catalogue.capabilities.some((c) => c.id === 'label:Alpha.'));
});

test('labels outside the list are capabilities too, undeclared', () => {
  const catalogue = analyse(threeWeeks((_, i) => (i === 3 ? 'surprise' : null)));
  const surprise = get(catalogue, 'label:surprise');
  assert.equal(surprise.declared, false);
  assert.equal(surprise.fired, 21);
});

test('refusals, hedges and truncations count for themselves and for no label', () => {
  const calls = steady(21, 60, (_, i) =>
    i === 0
      ? { answer: "I'm sorry, but I can't help with that.", kind: 'refusal' }
      : i === 1
        ? { answer: 'It could be alpha or beta.', kind: 'hedge' }
        : i === 2
          ? { answer: 'alp', kind: 'truncated', finish: 'length' }
          : i === 3
            ? { answer: 'alpha', kind: 'probe' }
            : 'alpha',
  );
  const catalogue = analyse(calls);
  assert.equal(get(catalogue, 'label:alpha').fired, 56 * 21);
  assert.equal(get(catalogue, 'label:alpha').opportunities, 56 * 21);
  assert.equal(get(catalogue, 'refusal:refusal').fired, 21);
  assert.equal(get(catalogue, 'refusal:refusal').opportunities, 59 * 21);
  assert.equal(get(catalogue, 'refusal:refusal').verdict, 'route');
  assert.equal(get(catalogue, 'refusal:hedge').fired, 21);
  assert.ok(!catalogue.capabilities.some((c) => c.id === 'label:alp'));
});

const tools = [
  {
    type: 'function',
    function: {
      name: 'play',
      description: 'Play music.',
      parameters: {
        type: 'object',
        properties: {
          song: { type: 'string' },
          volume: { type: 'string', enum: ['low', 'high'] },
          shuffle: { type: 'boolean' },
        },
        required: ['song'],
      },
    },
  },
  {
    type: 'function',
    function: {
      name: 'delete_playlist',
      description: 'Delete a playlist.',
      parameters: { type: 'object', properties: { id: { type: 'string' } } },
    },
  },
  {
    type: 'function',
    function: { name: 'stop', description: 'Stop.', parameters: { type: 'object', properties: {} } },
  },
];

test('arguments have opportunities only where their tool is called, tools only where they are offered', () => {
  const calls = steady(21, 60, (_, i) => ({
    answer: [
      {
        name: i % 2 === 0 ? 'play' : 'stop',
        arguments: i % 2 === 0 ? { song: 'x', ...(i === 0 ? { volume: 'low' } : {}) } : {},
      },
    ],
    ...(i === 1 ? { request: { tool_choice: { type: 'function', function: { name: 'stop' } } } } : {}),
  }));
  const { task, calls: assigned } = logTask(calls, {
    prompts: ['You control music.'],
    output: toolsOutput,
    tools,
  });
  const catalogue = analyseCapabilities(task, assigned, { nowMs: START_MS + 21 * DAY_MS });
  assert.equal(get(catalogue, 'tool:play').fired, 630);
  assert.equal(get(catalogue, 'tool:play').opportunities, 59 * 21);
  assert.equal(get(catalogue, 'argument:play.volume').opportunities, 630);
  assert.equal(get(catalogue, 'argument:play.volume').fired, 21);
  assert.equal(get(catalogue, 'enum:play.volume=high').opportunities, 630);
  assert.equal(get(catalogue, 'enum:play.volume=high').fired, 0);
  assert.equal(get(catalogue, 'argument:play.shuffle').status, 'dead');
  const severe = get(catalogue, 'tool:delete_playlist');
  assert.equal(severe.verdict, 'route');
  assert.match(severe.reason, /acts on the world/);
  const child = get(catalogue, 'argument:delete_playlist.id');
  assert.equal(child.verdict, 'route');
  assert.match(child.reason, /^Goes with delete_playlist, which never fired/);
});

test('reads lengths, formats, languages, turns, images, parallel calls and parameters off the calls', () => {
  const calls = steady(21, 20, (_, i) => {
    if (i === 0)
      return {
        answer: [
          { name: 'play', arguments: { song: 'a' } },
          { name: 'stop', arguments: {} },
        ],
      };
    const content =
      i === 1
        ? [
            { type: 'text', text: 'what is in this picture' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ]
        : 'wie spät ist es in Berlin und wann geht die Sonne auf';
    const messages =
      i < 3
        ? [
            { role: 'system', content: 's' },
            { role: 'user', content: 'hello there' },
            { role: 'assistant', content: 'hi' },
            { role: 'user', content },
          ]
        : undefined;
    return {
      answer: [{ name: 'play', arguments: { song: 'a' } }],
      text: i >= 3 ? 'what is the weather like in London today' : 'x',
      request: {
        ...(messages === undefined ? {} : { messages }),
        ...(i === 4 ? { n: 2, seed: 1, stop: ['x'], stream: true } : {}),
      },
    };
  });
  const { task, calls: assigned } = logTask(calls, { prompts: ['s'], output: toolsOutput, tools });
  const catalogue = analyseCapabilities({ ...task, slots: [] }, assigned, { nowMs: START_MS + 21 * DAY_MS });
  const fired = (id: string): number => get(catalogue, id).fired;
  assert.equal(fired('parallel-calls:2+'), 21);
  assert.equal(fired('image:image'), 21);
  assert.equal(fired('turns:2-3'), 42);
  assert.equal(fired('input-language:de'), 21);
  assert.equal(fired('format:tool call'), 420);
  for (const name of ['n', 'seed', 'stop', 'stream']) assert.equal(fired(`parameter:${name}`), 21);
  assert.equal(fired('parameter:temperature'), 420);
});

test('a JSON answer has fields and values, nested ones within their parent', () => {
  const json = 'Answer in JSON: {"kind": "a|b|c", "detail": {"unit": "m|s"}}';
  const calls = steady(21, 60, (_, i) =>
    JSON.stringify(i % 2 === 0 ? { kind: 'a', detail: { unit: 'm' } } : { kind: 'b' }),
  );
  const { task, calls: assigned } = logTask(calls, { prompts: [json], output: jsonOutput });
  const catalogue = analyseCapabilities(task, assigned, { nowMs: START_MS + 21 * DAY_MS });
  assert.equal(get(catalogue, 'enum:kind=c').status, 'dead');
  assert.equal(get(catalogue, 'field:detail').fired, 630);
  assert.equal(get(catalogue, 'field:detail.unit').opportunities, 630);
  assert.equal(get(catalogue, 'enum:detail.unit=s').opportunities, 630);
});

test('the word of the user wins: costs and verdicts', () => {
  const { task, calls } = logTask(threeWeeks(), { prompts: [prompt] });
  const catalogue = analyseCapabilities(task, calls, {
    nowMs: START_MS + 21 * DAY_MS,
    costs: { 'label:gamma': costOf(gradeDollars.high), 'label:refund': costOf(gradeDollars.trivial) },
    verdicts: { 'label:delta': 'keep' },
  });
  assert.notEqual(get(catalogue, 'label:gamma').status, 'dead');
  assert.equal(get(catalogue, 'label:refund').status, 'dead');
  assert.equal(get(catalogue, 'label:delta').verdict, 'keep');
  assert.match(get(catalogue, 'label:delta').reason, /^Set to keep by you\./);
});

test('carries the agreement of the student beside what fired', () => {
  const { task, calls } = logTask(threeWeeks(), { prompts: [prompt] });
  const evaluation = { buckets: [{ bucket: 'label:beta', agreement: exactRate(90, 100) }] };
  const catalogue = analyseCapabilities(task, calls, { nowMs: START_MS + 21 * DAY_MS, evaluation });
  assert.equal(get(catalogue, 'label:beta').agreement?.rate, 0.9);
  assert.equal(get(catalogue, 'label:alpha').agreement, undefined);
});

test('what the student answered is no evidence; an audit is one look and stands for the calls beside it', () => {
  const { task, calls } = logTask(threeWeeks(), { prompts: [prompt] });
  const by = (assigned: AssignedCall, trace: Partial<AssignedCall['call']['trace']>): AssignedCall => ({
    ...assigned,
    call: { ...assigned.call, trace: { ...assigned.call.trace, ...trace } },
  });
  const isAlpha = ({ call }: AssignedCall): boolean => call.response?.text === 'alpha';
  // The student takes over one label; of every ten of its answers the teacher gives one as well.
  let answers = 0;
  const log = calls.flatMap((assigned) => {
    if (!isAlpha(assigned)) return [assigned];
    const own = by(assigned, { servedBy: 'student' });
    return answers++ % 10 === 0 ? [own, by(assigned, { source: 'audit', id: `${answers}-audit` })] : [own];
  });
  const audits = Math.ceil(answers / 10);
  const catalogue = analyseCapabilities(task, log, { nowMs: START_MS + 21 * DAY_MS });
  assert.equal(catalogue.calls, calls.length - answers + audits);
  assert.equal(get(catalogue, 'label:alpha').fired, audits);
  const { unaudited, audited, auditWeight } = catalogue.worth!;
  assert.deepEqual([unaudited, audited], [answers - audits, audits]);
  assert.ok(Math.abs(auditWeight - answers / audits) < 1e-9);
  const share = (found: typeof catalogue): number => {
    const all = found.shapes!.reduce((sum, shape) => sum + shape.calls, 0);
    const alpha = found.capabilities.findIndex(({ id }) => id === 'label:alpha');
    return found.shapes!.find(({ needs }) => needs.includes(alpha))!.calls / all;
  };
  const before = analyseCapabilities(task, calls, { nowMs: START_MS + 21 * DAY_MS });
  assert.ok(Math.abs(share(catalogue) - share(before)) < 1e-9, 'the traffic is what it was');
  assert.equal(catalogue.callsPerDay, before.callsPerDay);
});

test('what the counts mean is told in words with its figures', () => {
  const late = steady(21, 60, (day, i) => (day >= 18 && i % 10 === 0 ? 'beta' : 'alpha'));
  const { task, calls } = logTask(late, { prompts: [prompt] });
  const told = findings(analyseCapabilities(task, calls, { nowMs: START_MS + 21 * DAY_MS }));
  const text = (id: string): string => {
    const found = told.find((finding) => finding.id === id);
    return `${found?.title}. ${found?.text}`;
  };
  assert.match(text('novelty'), /At most [\d.]+ % .*\d+ of the newer 630 calls .* 95 % confidence/);
  assert.match(text('new'), /New: 1 capability. beta: first on 2\d{3}-\d\d-\d\d, 18 of 1,260 \(.* to .*\)/);
  assert.match(text('shared'), /never fired, looked at together.* shared among \d+ questions/);
  const burst = logTask(
    Array.from({ length: 400 }, (_, i) => ({
      day: 0,
      text: 'the same again',
      answer: i < 200 ? 'alpha' : 'beta',
    })),
    { prompts: [prompt] },
  );
  const worth = findings(analyseCapabilities(burst.task, burst.calls, { nowMs: START_MS + DAY_MS }));
  assert.match(worth.find(({ id }) => id === 'worth')?.title ?? '', /^400 calls are worth \d+$/);
});

test('a task of one call, of none, and of empty or binary answers has a catalogue', () => {
  const one = logTask([{ day: 0, text: 'hi', answer: 'alpha' }], { prompts: [prompt] });
  const catalogue = analyseCapabilities(one.task, one.calls, { nowMs: START_MS });
  assert.equal(get(catalogue, 'label:alpha').fired, 1);
  assert.equal(get(catalogue, 'label:beta').verdict, 'not yet');
  const none = analyseCapabilities(one.task, [], { nowMs: START_MS });
  assert.equal(none.calls, 0);
  assert.ok(none.capabilities.every((c) => c.fired === 0 && c.verdict !== 'drop'));
  const odd = logTask(
    steady(2, 5, (_, i) => ['', '\u0000\u0001', '   ', '{', '[]'][i]!),
    { prompts: [prompt] },
  );
  assert.equal(analyseCapabilities(odd.task, odd.calls, { nowMs: START_MS + 2 * DAY_MS }).calls, 10);
});

test('ten thousand labels and huge inputs stay within bounds', () => {
  const labels = Array.from({ length: 10_000 }, (_, i) => `label_${i}`);
  const huge = 'x y '.repeat(50_000);
  const calls = steady(4, 250, (day, i) => ({
    answer: labels[day * 250 + i]!,
    ...(i === 0 ? { text: huge } : {}),
  }));
  const { task, calls: assigned } = logTask(calls, { prompts: [`Labels:\n- ${labels.join('\n- ')}`] });
  const catalogue = analyseCapabilities(task, assigned, { nowMs: START_MS + 4 * DAY_MS });
  assert.equal(catalogue.capabilities.filter((c) => c.kind === 'label' && c.declared).length, 10_000);
  assert.equal(catalogue.capabilities.filter((c) => c.kind === 'label' && c.fired === 1).length, 1000);
});

test('the catalogue is plain data', () => {
  const catalogue = analyse(threeWeeks());
  assert.deepEqual(JSON.parse(JSON.stringify(catalogue)), catalogue);
});

test('calls that all read alike and name nothing are kept', () => {
  const prompt = 'Answer {"names": ["<names in the text>"]}.';
  const calls = steady(21, 20, (_, i) => (i % 3 === 0 ? '{"names":[]}' : `{"names":["Person ${i}"]}`));
  const same = calls.map((call) =>
    call.answer === '{"names":[]}' ? { ...call, text: 'Nothing new.' } : call,
  );
  const { task, calls: assigned } = logTask(same, { prompts: [prompt], output: jsonOutput });
  const catalogue = analyseCapabilities(task, assigned, { nowMs: START_MS + 21 * DAY_MS });
  const empty = get(catalogue, 'array-length:names=0');
  assert.equal(empty.examples, 1);
  assert.equal(empty.verdict, 'keep');
});
