import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseText } from '../../src/base/text.ts';
import type { CapabilitySet } from '../../src/capabilities/capability.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import { choiceSlots } from '../../src/dataset/planSlots.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { assignSplits } from '../../src/dataset/split.ts';
import { called, makeCalls, makeTask, request, said, topicCalls } from './support.ts';

const build = (made: Parameters<typeof makeCalls>[0], seed = 1, task = makeTask()) =>
  buildDataset({ task, calls: makeCalls(made), capabilities: null, seed });

test('no train or calibration example shares an input or a near duplicate with the test split', () => {
  const made = topicCalls(300, (topic) => said(topic)).map((m, i, all) => {
    if (i % 5 !== 0 || i === 0) return m;
    const twin = all[Math.floor(i / 2)]!;
    return { ...twin, input: `${String(twin.input).toUpperCase()}  ` };
  });
  const { examples } = build(made);
  const splits = new Map<string, Set<string>>();
  for (const { input, split } of examples) {
    const key = normaliseText(input.slots['text'] ?? '');
    splits.set(key, (splits.get(key) ?? new Set()).add(split));
  }
  assert.deepEqual(
    [...splits.values()].filter((set) => set.size > 1),
    [],
  );
  for (const split of ['train', 'calibration', 'test'] as const)
    assert.ok(
      examples.some((example) => example.split === split),
      split,
    );
});

test('test is the newest traffic and calibration comes from the newer half of the rest', () => {
  const texts = Array.from({ length: 400 }, (_, i) => request(i).text);
  const { splits } = assignSplits(
    texts,
    texts.map(() => 1),
    { testShare: 0.25, calibrationShare: 0.2, validationShare: 0.1 },
    3,
  );
  assert.equal(splits.lastIndexOf('train') < 300, true);
  assert.equal(splits.indexOf('test') >= 300, true);
  assert.equal(splits.indexOf('calibration') >= 150, true);
  assert.equal(splits.indexOf('validation') >= 150, true);
});

test('a few inputs that come every day are learned from, and calibrate where there is little else', () => {
  const rule = { testShare: 0, calibrationShare: 0.3, validationShare: 0 };
  const daily = Array.from(
    { length: 5 },
    (_, day) => `the report of ward ${'abcde'[day]!.repeat(40)} is late again`,
  );
  const splitsOf = (texts: readonly string[], seed: number) =>
    assignSplits(
      texts,
      texts.map(() => 1),
      rule,
      seed,
    ).splits;
  const others = Array.from({ length: 600 }, (_, i) => request(i).text);
  const mixed = [...others, ...Array.from({ length: 150 }, (_, i) => daily[i % daily.length]!)];
  for (let seed = 1; seed <= 5; seed++) {
    const splits = splitsOf(mixed, seed);
    assert.equal(splits.slice(0, others.length).includes('calibration'), true);
    assert.equal(splits.slice(others.length).includes('calibration'), false);
  }
  const alone = Array.from({ length: 150 }, (_, i) => daily[i % daily.length]!);
  assert.equal(splitsOf(alone, 1).includes('calibration'), true);
});

test('a cluster lies in one split whatever the texts and the seed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...Array.from({ length: 12 }, (_, i) => request(i).text)), {
        minLength: 20,
        maxLength: 80,
      }),
      fc.nat(),
      (texts, seed) => {
        const { clusters, splits } = assignSplits(
          texts,
          texts.map((_, i) => 1 + (i % 2)),
          { testShare: 0.2, calibrationShare: 0.2, validationShare: 0.1 },
          seed,
        );
        const of = new Map<number, string>();
        clusters.forEach((cluster, i) => {
          assert.equal(of.get(cluster) ?? splits[i], splits[i]);
          of.set(cluster, splits[i]!);
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('student answers are never training data', () => {
  const made = topicCalls(60, (topic) => said(topic)).map((m, i) => ({
    ...m,
    servedBy: i % 2 === 0 ? ('student' as const) : ('teacher' as const),
  }));
  const { examples } = build(made);
  assert.equal(examples.length, 30);
  assert.equal(
    examples.every(({ callId }) => Number(callId.slice(4)) % 2 === 1),
    true,
  );
});

test('errors, seldom refusals and hedges, cut answers and probes stay out', () => {
  const kinds = ['error', 'refusal', 'hedge', 'truncated', 'ad-hoc', 'probe'] as const;
  const every = (period: number) =>
    topicCalls(400, (topic) => said(topic)).map((m, i) => ({
      ...m,
      kind: i % period < 6 ? kinds[i % period]! : ('normal' as const),
    }));
  const seldom = every(150);
  assert.equal(build(seldom).examples.length, seldom.filter(({ kind }) => kind === 'normal').length);
  const declined = build(every(33)).examples.filter(({ unplanned }) => unplanned !== null);
  assert.equal(declined.length, 3 * 13);
});

test('what the teacher often declines is passed on with the reason and never answered', () => {
  const made = topicCalls(200, (topic) => said(topic)).map((m, i) => ({
    ...m,
    ...(i % 5 === 0 ? { answer: said('Sorry, I cannot do that.'), kind: 'refusal' as const } : {}),
  }));
  const { plan, examples } = build(made);
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'choice');
  assert.equal(plan.node.slot.values.includes('Sorry, I cannot do that.'), false);
  assert.deepEqual(plan.route?.values, [null, 'the teacher declines such calls']);
  const declined = examples.filter(({ unplanned }) => unplanned !== null);
  assert.equal(declined.length, 40);
  for (const { targets } of declined)
    assert.deepEqual(Object.values(targets!), [{ kind: 'class', index: 1 }]);
});

test('earlier wordings of the same output are learned from', () => {
  const made = topicCalls(80, (topic) => said(topic)).map((m, i) => ({ ...m, version: i < 40 ? 1 : 2 }));
  assert.equal(build(made, 1, makeTask({ versions: 2 })).examples.length, 80);
});

test('nuisance slots stay out of the input and dates of the prompt come as context', () => {
  const made = topicCalls(40, (topic) => said(topic)).map((m, i) => ({
    ...m,
    input: { text: String(m.input), noise: `n${i}`, date: 'Monday' },
  }));
  const data = build(made, 1, makeTask({ slots: ['text', 'noise', 'date'] }));
  assert.deepEqual(data.inputSlots, ['text']);
  assert.deepEqual(Object.keys(data.examples[0]!.input.slots), ['text']);
  assert.deepEqual(data.examples[0]!.input.context, { date: 'Monday' });
});

const dropping = (...drop: string[]): CapabilitySet => ({
  taskId: 'task',
  version: 1,
  keep: [],
  route: [],
  drop,
  signedBy: null,
  signedMs: null,
});

test('a dropped label is no class of the head and its calls teach no other', () => {
  const calls = makeCalls(topicCalls(120, (topic) => said(topic)));
  const whole = buildDataset({ task: makeTask(), calls, capabilities: null, seed: 1 });
  const { plan, examples } = buildDataset({
    task: makeTask(),
    calls,
    capabilities: dropping('label:Food'),
    seed: 1,
  });
  const values = ({ plan: { ...made } }: { plan: typeof plan }) =>
    choiceSlots(made).flatMap((slot) => slot.values);
  assert.equal(values(whole).includes('food'), true);
  assert.deepEqual(
    values({ plan }).toSorted(),
    values(whole)
      .filter((v) => v !== 'food')
      .toSorted(),
  );
  const food = examples.filter((example) => example.answer.text === 'food');
  assert.ok(food.length > 5);
  assert.ok(food.every((e) => e.targets === null && /was dropped/.test(e.unplanned ?? '')));
  assert.ok(examples.every((e) => e.answer.text === 'food' || e.targets !== null));
});

test('dropped tools, values of arguments and optional fields leave the plan', () => {
  const calls = makeCalls(
    topicCalls(200, (topic, i) =>
      called([
        topic === 'music' ? 'play' : 'other',
        JSON.stringify({ mode: i % 3 === 0 ? 'loud' : 'soft', ...(i % 5 === 0 ? { note: 'yes' } : {}) }),
      ]),
    ),
  );
  const planOf = (...drop: string[]) => {
    const { plan } = buildDataset({ task: makeTask(), calls, capabilities: dropping(...drop), seed: 1 });
    return JSON.stringify(plan);
  };
  assert.match(planOf(), /"play".*"loud".*"note"/s);
  assert.doesNotMatch(planOf('tool:play'), /"play"/);
  assert.doesNotMatch(planOf('enum:play.mode=loud', 'enum:other.mode=loud'), /"loud"/);
  assert.doesNotMatch(planOf('argument:play.note', 'argument:other.note'), /"note"/);
});

test('the fingerprint depends on inputs, answers and splits and on nothing else', () => {
  const made = topicCalls(60, (topic) => said(topic));
  const { fingerprint } = build(made);
  assert.equal(build(made).fingerprint, fingerprint);
  assert.notEqual(build(made, 2).fingerprint, fingerprint);
  assert.notEqual(build(made.slice(1)).fingerprint, fingerprint);
});

test("the teacher's log-probabilities become the doubt of a bare label's target", () => {
  const made = topicCalls(120, (topic) => said(topic));
  const calls = makeCalls(made).map((assigned, i) => {
    const text = made[i]!.answer.text!;
    const other = text === 'food' ? 'music' : 'food';
    const top = [
      { token: text, logprob: Math.log(0.8) },
      { token: other, logprob: Math.log(0.2) },
    ];
    const logprobs = i % 2 === 0 ? [{ token: text, logprob: Math.log(0.8), top }] : null;
    return { ...assigned, call: { ...assigned.call, response: { ...assigned.call.response!, logprobs } } };
  });
  const { plan, examples } = buildDataset({ task: makeTask(), calls, capabilities: null, seed: 1 });
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'choice');
  const { name, values } = plan.node.slot;
  for (const [i, { targets, answer }] of examples.entries()) {
    const target = targets?.[name];
    assert.ok(target?.kind === 'class');
    if (i % 2 === 1) assert.equal(target.soft, undefined);
    else {
      assert.ok(Math.abs(target.soft![target.index]! - 0.8) < 1e-9);
      const other = values.indexOf(answer.text === 'food' ? 'music' : 'food');
      assert.ok(Math.abs(target.soft![other]! - 0.2) < 1e-9);
    }
  }
});

test('labels end as the teacher ends them, each in its own way', () => {
  const limit = { kind: 'limit', tokens: 2 } as const;
  const made = topicCalls(80, (topic) =>
    topic === 'food' ? said(topic) : { ...said(topic.slice(0, 5)), ending: limit },
  ).map((one) => ({ ...one, maxTokens: 2 }));
  const { plan, examples } = buildDataset({
    task: makeTask(),
    calls: makeCalls(made),
    capabilities: null,
    seed: 1,
  });
  assert.equal(plan.kind === 'text-answer' && plan.node.kind, 'choice');
  const written = examples.map(({ targets, input }) => renderAnswer(plan, { targets: targets!, input }));
  assert.deepEqual(
    written.map((answer) => [answer?.text, answer?.ending?.kind]),
    made.map(({ answer }) => [answer.text, answer.ending?.kind]),
  );
});

test('a limit that was raised is the newer one', () => {
  const made = topicCalls(600, (topic, i) => ({
    ...said(topic),
    ending: { kind: 'limit', tokens: i < 300 ? 1 : 3 },
  })).map((one, i) => ({ ...one, maxTokens: i < 300 ? 1 : 3 }));
  const { plan, examples } = buildDataset({
    task: makeTask(),
    calls: makeCalls(made),
    capabilities: null,
    seed: 1,
  });
  const { targets, input } = examples[0]!;
  assert.deepEqual(renderAnswer(plan, { targets: targets!, input })?.ending, { kind: 'limit', tokens: 3 });
});

test('answers that are often cut are calls that no answer fits', () => {
  const made = topicCalls(200, (topic, i) => said(i % 8 === 0 ? topic.slice(0, 2) : topic)).map((one, i) =>
    i % 8 === 0 ? { ...one, kind: 'truncated' as const } : one,
  );
  const { examples } = buildDataset({
    task: makeTask(),
    calls: makeCalls(made),
    capabilities: null,
    seed: 1,
  });
  const cut = examples.filter(({ unplanned }) => unplanned !== null);
  assert.equal(cut.length, 25);
  for (const { unplanned } of cut) assert.match(unplanned ?? '', /limit on its tokens/);
});

test('calls that only the teacher can honour are declined before training, where nearly all are', () => {
  const askFor = (share: number) =>
    makeCalls(topicCalls(200, said)).map(({ call, assignment }, i) => {
      const sampling = { ...call.request.sampling, logprobs: i % 10 < 10 * share };
      return { call: { ...call, request: { ...call.request, sampling } }, assignment };
    });
  const planOf = (share: number) =>
    buildDataset({ task: makeTask(), calls: askFor(share), capabilities: null, seed: 1 }).plan;
  const all = planOf(1);
  assert.match(all.kind === 'unplannable' ? all.reason : '', /token probabilities/);
  assert.equal(planOf(0.5).kind, 'text-answer');
});
