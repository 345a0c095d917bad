import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactRate } from '../../src/base/binomial.ts';
import { analyseCapabilities } from '../../src/capabilities/analyse.ts';
import { novelty } from '../../src/capabilities/novelty.ts';
import { propose } from '../../src/capabilities/proposal.ts';
import { capabilitySet, choicesOf, unsignedChanges } from '../../src/capabilities/set.ts';
import { firesDropped, reopened, tombstones } from '../../src/capabilities/tombstone.ts';
import { withAgreement } from '../../src/capabilities/weakness.ts';
import { DAY_MS, jsonOutput, logTask, START_MS, steady } from './support/log.ts';

const prompt = 'Labels:\n- alpha\n- beta\n- gamma\n- delta\n- rare_one';
const { task, calls } = logTask(
  steady(21, 60, (day, i) => (i === 5 && day % 5 === 0 ? 'rare_one' : i % 3 === 0 ? 'beta' : 'alpha')),
  { prompts: [prompt] },
);
const catalogue = analyseCapabilities(task, calls, { nowMs: START_MS + 21 * DAY_MS });
const total = 21 * 60;

test('covers the traffic with ever more capabilities, the most used first', () => {
  const { curve } = propose(task, catalogue);
  assert.deepEqual(
    curve.map((point) => point.id),
    [null, 'label:alpha', 'label:beta', 'label:rare_one'],
  );
  assert.equal(curve[1]!.coverage, (total * 2) / 3 / total - 5 / total);
  assert.equal(curve.at(-1)!.coverage, 1);
  assert.equal(curve.at(-1)!.capabilities, 3);
});

test('says what each choice costs in traffic and what is still needed', () => {
  const { rows, totals, local } = propose(task, catalogue);
  const row = (id: string) => rows.find((r) => r.id === id)!;
  assert.equal(row('label:rare_one').verdict, 'route');
  assert.equal(row('label:rare_one').costsShare, 5 / total);
  assert.match(
    row('label:rare_one').needed!.text,
    /^about [\d,]+ more traces to see 5 more different uses, [\w ]+ at today's rate$/,
  );
  assert.equal(row('label:alpha').needed, null);
  assert.equal(row('label:gamma').verdict, 'drop');
  assert.equal(local.atMost, 1 - 5 / total);
  assert.ok(local.expected < local.atMost && local.expected > 0.9);
  assert.equal(totals.keep.share + totals.route.share + totals.drop.share + totals['not yet'].share, 1);
});

test('estimates the saving at list prices and names models without a price', () => {
  const usage = [
    { model: 'gpt-4o-mini', calls: 1000, inputTokens: 1_000_000, outputTokens: 10_000 },
    { model: 'house-model', calls: 10, inputTokens: 1, outputTokens: 1 },
  ];
  const { saving, local } = propose(task, catalogue, { usage });
  assert.ok(Math.abs(saving.callsPerMonth - 1800) < 20);
  assert.ok(Math.abs(saving.teacherPerMonth! - (0.156 / 1000) * saving.callsPerMonth) < 1e-9);
  assert.ok(Math.abs(saving.savedPerMonth! - saving.teacherPerMonth! * local.expected) < 1e-9);
  assert.deepEqual(saving.unknownModels, ['house-model']);
  assert.equal(propose(task, catalogue).saving.teacherPerMonth, null);
});

test('the edits of the user shape the proposal and the signed set', () => {
  const edits = { 'label:rare_one': 'keep', 'label:beta': 'route' } as const;
  const { local, training } = propose(task, catalogue, {
    edits,
    measuredCoverage: 0.5,
    measuredTraining: { seconds: 10, rows: 100 },
  });
  assert.ok(Math.abs(local.atMost - 2 / 3) < 1e-9);
  assert.ok(Math.abs(local.expected - 1 / 3) < 1e-9);
  assert.equal(training.seconds, Math.round(training.rows / 10));
  const set = capabilitySet(catalogue, edits, { by: 'Ada', atMs: 5 });
  assert.ok(set.keep.includes('label:rare_one') && !set.keep.includes('label:beta'));
  assert.ok(set.route.includes('label:beta'));
  assert.ok(set.drop.includes('label:gamma'));
  assert.equal(set.signedBy, 'Ada');
  assert.equal(set.signedMs, 5);
  const { length } = catalogue.capabilities;
  assert.equal(set.keep.length + set.route.length + set.drop.length, length);
  assert.equal(capabilitySet(catalogue, { 'label:beta': null }).signedBy, null);
});

test('a change after the signature is told, and counts only as far as it leaves more to the teacher', () => {
  const agreed = { 'label:rare_one': 'keep', 'label:beta': 'route' } as const;
  const signature = { by: 'Ada', atMs: 5, choices: choicesOf(catalogue, agreed) };
  assert.deepEqual(unsignedChanges(catalogue, agreed, signature), []);
  assert.deepEqual(capabilitySet(catalogue, agreed, signature).waiting, []);
  const now = { 'label:alpha': 'drop', 'label:beta': 'keep', 'label:rare_one': 'route' } as const;
  const changes = unsignedChanges(catalogue, now, signature);
  assert.deepEqual(changes.map(({ id, from, to }) => `${id} ${from} ${to}`).toSorted(), [
    'label:alpha keep drop',
    'label:beta route keep',
    'label:rare_one keep route',
  ]);
  const set = capabilitySet(catalogue, now, signature);
  assert.ok(set.keep.includes('label:alpha'), 'dropped only once agreed to');
  assert.ok(set.route.includes('label:beta'), 'kept only once agreed to');
  assert.ok(set.route.includes('label:rare_one'), 'routed at once');
  assert.equal(set.waiting?.length, 3);
  const again = { by: 'Bo', atMs: 6, choices: choicesOf(catalogue, now) };
  assert.ok(capabilitySet(catalogue, now, again).drop.includes('label:alpha'));
  assert.deepEqual(unsignedChanges(catalogue, now, null), []);
});

test('what had no turn yet is routed', () => {
  const young = analyseCapabilities(task, calls, { nowMs: START_MS + 5 * DAY_MS });
  assert.ok(capabilitySet(young).route.includes('label:gamma'));
  assert.match(propose(task, young).notes.join(' '), /had no turn yet/);
});

test('a proposal is plain data, also for a task without calls', () => {
  const proposal = propose(task, catalogue);
  assert.deepEqual(JSON.parse(JSON.stringify(proposal)), proposal);
  const empty = propose(task, analyseCapabilities(task, [], { nowMs: START_MS }));
  assert.equal(empty.local.atMost, 0);
  assert.equal(empty.curve.length, 1);
});

test('one teacher answer that uses a dropped capability is noticed, in any spelling', () => {
  const stones = tombstones(task, capabilitySet(catalogue));
  const says = (text: string) => firesDropped(stones, { text, toolCalls: [] }, null);
  assert.deepEqual(says('gamma'), ['label:gamma']);
  assert.deepEqual(says('Gamma.'), ['label:gamma']);
  assert.deepEqual(says('alpha'), []);
  assert.deepEqual(says('__proto__'), []);
  assert.deepEqual(firesDropped(stones, { text: null, toolCalls: [] }, null), []);
  assert.deepEqual(JSON.parse(JSON.stringify(stones)), { ...stones, signatures: { ...stones.signatures } });
  assert.match(
    reopened('label:gamma', ['label:gamma', 'label:beta']).message,
    /gamma.*so is that of label:beta/,
  );
  const picture = {
    ...calls[0]!.call.request,
    messages: [
      {
        role: 'user' as const,
        parts: [{ kind: 'media' as const, media: 'image' as const, sha256: 'x', bytes: 1 }],
      },
    ],
  };
  assert.deepEqual(firesDropped(stones, { text: 'alpha', toolCalls: [] }, picture), ['image:image']);
});

test('a dropped value or field of a JSON answer is noticed wherever it stands', () => {
  const json = 'Answer {"kind": "a|b|c", "note": "..."}';
  const made = logTask(
    steady(21, 60, () => '{"kind":"a"}'),
    { prompts: [json], output: jsonOutput },
  );
  const stones = tombstones(made.task, {
    drop: ['enum:kind=c', 'field:note', 'tool:stop', 'argument:play.volume'],
  });
  assert.deepEqual(
    firesDropped(stones, { text: '```json\n{"kind": "c", "note": 1}\n```', toolCalls: [] }, null).sort(),
    ['enum:kind=c', 'field:note'],
  );
  assert.deepEqual(firesDropped(stones, { text: '{"kind": "b"}', toolCalls: [] }, null), []);
});

test('novelty is the exact bound on what the second half had new', () => {
  const { rate, upper } = novelty([[0], [1], [0], [0], [0], [1, 2], [0], [0]]);
  assert.equal(rate.hits, 1);
  assert.equal(rate.n, 4);
  assert.ok(upper > rate.rate && upper < 1);
  assert.equal(novelty([]).upper, 1);
  const steadyUpper = novelty(Array.from({ length: 600 }, () => [0])).upper;
  assert.ok(Math.abs(steadyUpper - (1 - 0.05 ** (1 / 300))) < 1e-12);
});

test('the weakness map joins agreement by capability and invents none', () => {
  const mapped = withAgreement(catalogue, {
    buckets: [
      { bucket: 'label:alpha', agreement: exactRate(1, 2) },
      { bucket: 'label:unheard', agreement: exactRate(1, 1) },
    ],
  });
  assert.equal(mapped.capabilities.filter((c) => c.agreement !== undefined).length, 1);
  assert.equal(mapped.capabilities.length, catalogue.capabilities.length);
});
