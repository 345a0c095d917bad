import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Circuit } from '../../src/routing/breaker.ts';
import { type Asked, type BeforeInput, decideAfter, decideBefore } from '../../src/routing/decide.ts';
import type { Reason, RoutingPolicy } from '../../src/routing/policy.ts';
import { boundsIn } from '../../src/tasks/bounds.ts';
import type { ChatRequest, Ending } from '../../src/wire/chat.ts';
import { before, policy, prediction, request, tool, version } from './support.ts';

const withRequest = (change: Partial<ChatRequest>): Partial<BeforeInput> => ({
  request: { ...request, ...change },
});
const withSampling = (change: Partial<ChatRequest['sampling']>): Partial<BeforeInput> =>
  withRequest({ sampling: { ...request.sampling, ...change } });
const withPolicy = (change: Partial<RoutingPolicy>): Partial<BeforeInput> => ({
  policy: { ...policy, ...change },
});

/** [what is different about the call, the change, the reason it stays with the teacher, the detail] */
const teacherBefore: readonly [string, Partial<BeforeInput>, Reason, RegExp | null][] = [
  ['the caller bypasses us', { bypassed: true }, 'bypassed', null],
  ['no task matches', { match: null }, 'no-task', null],
  ['there is no policy', { policy: null }, 'task-off', null],
  ['the policy is of another task', withPolicy({ taskId: 'other' }), 'task-off', null],
  ['the task is off', withPolicy({ mode: 'off' }), 'task-off', null],
  ['there is no student', withPolicy({ bundle: null }), 'no-student', null],
  ['the promise was taken back', withPolicy({ rolledBack: 'drift' }), 'rolled-back', /drift/],
  [
    'the template is newer',
    { match: { ...before.match!, version: 3 } },
    'version-unknown',
    /version 3, student knows 2/,
  ],
  ['there is no certificate', withPolicy({ certificate: null }), 'not-certified', null],
  ['the circuit is open', { circuit: 'open' }, 'circuit-open', null],
  [
    'the request has an unknown field',
    withRequest({ unknownKeys: ['verbosity'] }),
    'request-not-understood',
    /verbosity/,
  ],
  [
    'the codec names something of the teacher',
    withRequest({ teacherOnly: ['store'] }),
    'teacher-only',
    /store/,
  ],
  [
    'the user leaves requests of this length to the teacher',
    withPolicy({ asked: { ids: ['image:image', 'input-length:0-99 characters'], slots: ['user'] } }),
    'routed',
    /input-length:0-99 characters stays with the teacher/,
  ],
  [
    'the user leaves requests in this language to the teacher',
    withPolicy({ asked: { ids: ['image:image', 'input-language:en'], slots: ['user'] } }),
    'routed',
    /input-language:en stays with the teacher/,
  ],
  ['two answers are asked for', withSampling({ choices: 2 }), 'teacher-only', /2 answers/],
  ['token probabilities are asked for', withSampling({ logprobs: true }), 'teacher-only', /probabilities/],
  ['a hosted tool is offered', withRequest({ tools: [{ ...tool, hosted: true }] }), 'teacher-only', /hosted/],
  ['another tool is offered', withRequest({ tools: [tool] }), 'request-not-understood', /other tools/],
  [
    'another format is asked for',
    withRequest({ outputFormat: { kind: 'json' } }),
    'request-not-understood',
    /format/,
  ],
  [
    'an image is shown',
    withRequest({
      messages: [{ role: 'user', parts: [{ kind: 'media', media: 'image', sha256: '', bytes: 9 }] }],
    }),
    'teacher-only',
    /image/,
  ],
  [
    'a part is unknown',
    withRequest({ messages: [{ role: 'user', parts: [{ kind: 'unknown', raw: {} }] }] }),
    'request-not-understood',
    /unknown message part/,
  ],
  [
    'the caller has begun the answer',
    withRequest({
      messages: [...request.messages, { role: 'assistant', parts: [{ kind: 'text', text: '{' }] }],
    }),
    'request-not-understood',
    /begun/,
  ],
  ['there are no messages', withRequest({ messages: [] }), 'request-not-understood', /no messages/],
  [
    'every call brings its own tools',
    { version: { ...version, toolset: { kind: 'varying', example: [] } } },
    'request-not-understood',
    /own tools/,
  ],
];

for (const [what, change, reason, detail] of teacherBefore)
  test(`the teacher answers without asking the student where ${what}`, () => {
    const decision = decideBefore({ ...before, ...change });
    assert.ok(!decision.ask);
    assert.equal(decision.reason, reason);
    if (detail !== null) assert.match(decision.detail ?? '', detail);
  });

test('asks the student where everything holds', () => {
  assert.deepEqual(decideBefore(before), { ask: true, silent: null });
  assert.deepEqual(decideBefore({ ...before, circuit: 'trial' }), { ask: true, silent: null });
});

test('temperature, top-p and seed are no obstacle', () => {
  const sampling = { ...request.sampling, temperature: 1, topP: 0.9, seed: 7 };
  assert.ok(decideBefore({ ...before, request: { ...request, sampling } }).ask);
});

test('a begun answer that the template has is understood', () => {
  const messages = [...version.template.messages, { role: 'assistant' as const, segments: [] }];
  const prefilled = { ...version, template: { ...version.template, messages } };
  const begun = [...request.messages, { role: 'assistant' as const, parts: [] }];
  assert.ok(decideBefore({ ...before, version: prefilled, request: { ...request, messages: begun } }).ask);
  assert.ok(!decideBefore({ ...before, version: prefilled }).ask);
});

test('the tools of the task are understood in any order', () => {
  const second = { ...tool, name: 'StopAlarm' };
  const known = { ...version, toolset: { kind: 'fixed' as const, hash: '', tools: [tool, second] } };
  assert.ok(decideBefore({ ...before, version: known, request: { ...request, tools: [second, tool] } }).ask);
});

test('in shadow mode the student is asked silently, certificate or not', () => {
  const shadow = { ...policy, mode: 'shadow' as const };
  assert.deepEqual(decideBefore({ ...before, policy: shadow }), { ask: true, silent: 'shadow' });
  assert.deepEqual(decideBefore({ ...before, policy: { ...shadow, certificate: null } }), {
    ask: true,
    silent: 'shadow',
  });
});

test('a canary answers its share of the calls', () => {
  const canary = { ...policy, mode: 'canary' as const };
  assert.deepEqual(decideBefore({ ...before, policy: canary, draw: 0.24 }), { ask: true, silent: null });
  assert.deepEqual(decideBefore({ ...before, policy: canary, draw: 0.25 }), {
    ask: true,
    silent: 'canary-teacher',
  });
  assert.deepEqual(decideBefore({ ...before, policy: canary, draw: Number.NaN }), {
    ask: true,
    silent: 'canary-teacher',
  });
});

const ask = { ask: true, silent: null } as const;
const predicted = (change: Partial<typeof prediction> = {}, elapsedMs = 3): Asked => ({
  kind: 'predicted',
  prediction: { ...prediction, ...change },
  elapsedMs,
});

const teacherAfter: readonly [string, Asked, Reason][] = [
  ['the student is late', { kind: 'late' }, 'late'],
  ['the student failed', { kind: 'failed', message: 'crashed' }, 'student-failed'],
  ['the answer came after the deadline', predicted({}, 201), 'late'],
  ['the time is unknown', predicted({}, Number.NaN), 'late'],
  ['the student has no answer', predicted({ answer: null, reason: 'routed' }), 'no-answer'],
  ['the student withholds its answer', predicted({ reason: 'label:x stays with the teacher' }), 'no-answer'],
  ['the confidence is below the threshold', predicted({ confidence: 0.5 }), 'below-threshold'],
  ["the confidence is below the bucket's threshold", predicted({ confidence: 0.65 }), 'below-threshold'],
  ['the confidence is not a number', predicted({ confidence: Number.NaN }), 'student-failed'],
  ['the confidence is above one', predicted({ confidence: 1.2 }), 'student-failed'],
  ['the bucket is not served', predicted({ bucket: 'label:transfer' }), 'bucket-not-certified'],
  ['the bucket is unknown', predicted({ bucket: 'label:new' }), 'bucket-not-certified'],
  [
    'the answer calls a tool that is not offered',
    predicted({ answer: { text: null, toolCalls: [{ name: 'SetAlarm', arguments: '{}' }] } }),
    'request-not-understood',
  ],
  [
    'the answer is longer than the caller allows',
    predicted({ answer: { text: 'a'.repeat(60), toolCalls: [] } }),
    'request-not-understood',
  ],
];

test('an answer that says nothing is served like any other', () => {
  for (const text of ['', null]) {
    const asked = predicted({ answer: { text, toolCalls: [] } });
    assert.equal(decideAfter(policy, asked, ask, request).reason, 'served');
    // Where a call is required, or JSON, it is no answer.
    const required = { ...request, toolChoice: 'required' } as const;
    assert.equal(decideAfter(policy, asked, ask, required).reason, 'request-not-understood');
    const json = { ...request, outputFormat: { kind: 'json' } } as const;
    assert.equal(decideAfter(policy, asked, ask, json).reason, 'request-not-understood');
  }
});

for (const [what, asked, reason] of teacherAfter)
  test(`the teacher answers where ${what}`, () => {
    const decision = decideAfter(policy, asked, ask, request);
    assert.equal(decision.route, 'teacher');
    assert.equal(decision.reason, reason);
  });

/** [what the request asks of the answer, the change, tools called] */
const conflicts: readonly [string, Partial<ChatRequest>, readonly string[]][] = [
  ['no tool calls', { toolChoice: 'none' }, ['SetAlarm']],
  ['some tool call', { toolChoice: 'required' }, []],
  ['another tool', { toolChoice: { name: 'StopAlarm' } }, ['SetAlarm']],
  ['a certain tool and gets text', { toolChoice: { name: 'SetAlarm' } }, []],
  ['one call at a time', { parallelToolCalls: false }, ['SetAlarm', 'SetAlarm']],
  ['JSON', { outputFormat: { kind: 'json' } }, []],
  ['to stop inside the answer', { sampling: { ...request.sampling, stop: ['lan'] } }, []],
];

for (const [what, change, names] of conflicts)
  test(`the teacher answers where the request wants ${what}`, () => {
    const answer =
      names.length > 0
        ? { text: null, toolCalls: names.map((name) => ({ name, arguments: '{}' })) }
        : { text: 'balance', toolCalls: [] };
    const asking = { ...request, tools: [tool], ...change };
    const decision = decideAfter(policy, predicted({ answer }), ask, asking);
    assert.equal(decision.reason, 'request-not-understood');
    assert.equal(
      decideAfter(policy, predicted({ answer }), ask, { ...request, tools: [tool] }).reason,
      'served',
    );
  });

/** [what is known of the answer's end, the request's bounds, is it served] */
const ends: readonly [string, Ending | undefined, Partial<ChatRequest['sampling']>, boolean][] = [
  ['nothing, and it may be too long', undefined, { maxTokens: 1 }, false],
  ['its limit, which is that of the call', { kind: 'limit', tokens: 1 }, { maxTokens: 1 }, true],
  ['its limit, and the call has a higher one', { kind: 'limit', tokens: 1 }, { maxTokens: 2 }, false],
  ['its limit, and the call has none', { kind: 'limit', tokens: 1 }, { maxTokens: null }, false],
  ['it came to its end within fewer tokens', { kind: 'itself', within: 1 }, { maxTokens: 2 }, true],
  ['it came to its end within more tokens', { kind: 'itself', within: 2 }, { maxTokens: 1 }, false],
  ['its stop sequence', { kind: 'stop-sequence', sequence: '\n' }, { stop: ['\n', 'END'] }, true],
  ['its stop sequence, which is missing', { kind: 'stop-sequence', sequence: '\n' }, { stop: [] }, false],
];
for (const [title, ending, bounds, isServed] of ends)
  test(`an answer is ${isServed ? '' : 'not '}served where it is known of its end: ${title}`, () => {
    const answer = { text: 'account_balance', toolCalls: [], ...(ending === undefined ? {} : { ending }) };
    const asking = { ...request, sampling: { ...request.sampling, ...bounds } };
    const decision = decideAfter(policy, predicted({ answer }), ask, asking);
    assert.equal(decision.reason, isServed ? 'served' : 'request-not-understood');
  });

test('a call with stop sequences or a token bias that the task never had stays with the teacher', () => {
  const bounded = { ...version, bounds: boundsIn([request]) };
  const biased = withSampling({ bias: '{"16":100}' });
  const stopped = withSampling({ stop: ['END'] });
  assert.equal(decideBefore({ ...before, version: bounded }).ask, true);
  for (const change of [biased, stopped]) {
    const decision = decideBefore({ ...before, ...change, version: bounded });
    assert.ok(!decision.ask && decision.reason === 'request-not-understood');
    const known = { ...version, bounds: boundsIn([change.request!]) };
    assert.equal(decideBefore({ ...before, ...change, version: known }).ask, true);
  }
});

test('the student answers at its threshold', () => {
  assert.deepEqual(decideAfter(policy, predicted({ confidence: 0.7 }), ask, request), {
    route: 'student',
    reason: 'served',
    confidence: 0.7,
  });
});

test('a silent answer says what would have happened', () => {
  const silent = { ask: true, silent: 'shadow' } as const;
  const would = decideAfter(policy, predicted(), silent, request);
  const not = decideAfter(policy, predicted({ confidence: 0.1 }), silent, request);
  assert.deepEqual([would.route, would.reason], ['teacher', 'shadow']);
  assert.equal(would.route === 'teacher' && would.detail, 'would have answered');
  assert.equal(not.route === 'teacher' && not.detail, 'below-threshold');
});

/** Mostly what it must be, so that the rare call where everything holds is among the many. */
function mostly<T>(good: T, ...bad: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

/** Even over [0, 1]; fc.double prefers tiny numbers. */
const share = fc.integer({ min: 0, max: 1000 }).map((i) => i / 1000);

const anyPolicy: fc.Arbitrary<RoutingPolicy> = fc
  .record({
    taskId: mostly('intent', 'other'),
    mode: fc.constantFrom<RoutingPolicy['mode'][]>('on', 'canary', 'shadow', 'off'),
    canaryShare: share,
    deadlineMs: fc.integer({ min: 0, max: 300 }),
    bundle: mostly<string | null>('bundle', null),
    version: mostly(2, 1, 3),
    certificate: mostly(policy.certificate, null),
    buckets: mostly(policy.buckets, []),
    rolledBack: mostly<string | undefined>(undefined, 'drift'),
  })
  .map(({ rolledBack, ...rest }) => ({
    ...policy,
    ...rest,
    ...(rolledBack === undefined ? {} : { rolledBack }),
  }));
const anyRequest: fc.Arbitrary<ChatRequest> = fc
  .record({
    tools: mostly([], [tool], [{ ...tool, hosted: true }]),
    toolChoice: mostly<ChatRequest['toolChoice']>('auto', 'none', 'required', { name: 'SetAlarm' }),
    unknownKeys: mostly<string[]>([], ['x']),
    teacherOnly: mostly<string[]>([], ['x']),
    outputFormat: mostly<ChatRequest['outputFormat']>({ kind: 'text' }, { kind: 'json' }),
    sampling: fc.record({
      temperature: fc.constantFrom(null, 0, 1),
      topP: fc.constant(null),
      maxTokens: mostly<number | null>(null, 1, 16),
      stop: mostly<string[]>([], ['bal']),
      choices: mostly(1, 2),
      logprobs: mostly(false, true),
      seed: fc.constant(null),
    }),
  })
  .map((change) => ({ ...request, ...change }));
const anyAsked: fc.Arbitrary<Asked> = fc.oneof(
  fc.constant<Asked>({ kind: 'late' }),
  fc.constant<Asked>({ kind: 'failed', message: '' }),
  {
    weight: 8,
    arbitrary: fc
      .record({
        confidence: fc.oneof(fc.double(), {
          weight: 4,
          arbitrary: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        elapsedMs: fc.oneof(fc.double(), { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) }),
        bucket: mostly('label:balance', 'label:transfer', 'label:new'),
        answer: mostly(prediction.answer, null),
      })
      .map(({ elapsedMs, ...change }) => predicted(change, elapsedMs)),
  },
);

test('the teacher is the default branch: a student answers only where everything holds', () => {
  let served = 0;
  fc.assert(
    fc.property(
      anyPolicy,
      anyRequest,
      anyAsked,
      fc.record({
        bypassed: mostly(false, true),
        matched: mostly(true, false),
        draw: share,
      }),
      fc.constantFrom<Circuit[]>('closed', 'open', 'trial'),
      (policy, request, asked, { bypassed, matched, draw }, circuit) => {
        const match = matched ? before.match : null;
        const first = decideBefore({ ...before, policy, request, bypassed, match, draw, circuit });
        if (!first.ask) return;
        if (decideAfter(policy, asked, first, request).route !== 'student') return;
        served++;
        // Everything that must hold, written a second time and independently of the code under test.
        assert.ok(matched && !bypassed && circuit !== 'open');
        assert.ok(policy.mode === 'on' || (policy.mode === 'canary' && draw < policy.canaryShare));
        assert.ok(policy.taskId === 'intent' && policy.version === 2 && policy.bundle !== null);
        assert.ok(
          policy.certificate !== null && policy.rolledBack === undefined && policy.buckets.length > 0,
        );
        assert.ok(request.unknownKeys.length === 0 && request.teacherOnly.length === 0);
        assert.ok(request.tools.length === 0 && request.outputFormat.kind === 'text');
        assert.ok(request.toolChoice === 'auto' || request.toolChoice === 'none');
        assert.ok(request.sampling.choices === 1 && !request.sampling.logprobs);
        assert.ok(request.sampling.maxTokens !== 1 && request.sampling.stop.length === 0);
        assert.ok(asked.kind === 'predicted' && asked.elapsedMs <= policy.deadlineMs);
        assert.ok(asked.prediction.answer !== null && asked.prediction.bucket === 'label:balance');
        assert.ok(asked.prediction.confidence >= 0.7 && asked.prediction.confidence <= 1);
      },
    ),
    { numRuns: 10_000, seed: 1 },
  );
  assert.ok(served > 20, `the check saw ${served} student answers`);
});
