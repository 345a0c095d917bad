import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import type { ModelInput } from '../../src/dataset/example.ts';
import type { Prediction } from '../../src/evaluation/prediction.ts';
import { readParts, writeParts } from '../../src/student/bundle.ts';
import type { Evidence } from '../../src/student/decode.ts';
import { trainDeepRung } from '../../src/student/deepRung.ts';
import { fitMixture, mix } from '../../src/student/mixture.ts';
import { predictWith } from '../../src/student/predictor.ts';
import { trainStudent } from '../../src/student/train.ts';
import { trainWideRung } from '../../src/student/wideRung.ts';
import { called, type Made, request, said, topicCalls } from '../dataset/support.ts';
import { dataOf, inFolder, inOneThread, optionsIn, specOf } from './support.ts';

const evidence: Evidence = {
  choices: new Map([['label', Float64Array.of(0.9, 0.1)]]),
  near: null,
  unseen: 0,
  tag: null,
  members: new Map(),
};

test('the rungs are multiplied with the powers of the mixture, and each stays visible as a sign of doubt', () => {
  const deep = {
    probabilities: [Float32Array.of(0.2, 0.8)],
    members: [[Float32Array.of(0.2, 0.8)]],
    tags: [],
    pooled: Float32Array.of(),
  };
  const mixture = { heads: [{ slot: 'label', wide: 0.5, deep: 1 }], tagWeight: 0 };
  const mixed = mix(mixture, evidence, deep, null);
  const [first, second] = [0.9 ** 0.5 * 0.2, 0.1 ** 0.5 * 0.8];
  assert.ok(Math.abs(mixed.choices.get('label')![0]! - first / (first + second)) < 1e-6);
  assert.equal(mixed.members.get('label')?.length, 2);
});

test('the rung that is right on held-out rows gets the greater power', () => {
  const data = dataOf(topicCalls(120, (topic) => said(topic)));
  const plan = data.plan;
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'choice');
  const { name, values } = plan.node.slot;
  const rows = data.examples.map((example) => {
    const target = example.targets?.[name];
    const index = target?.kind === 'class' ? target.index : 0;
    const right = values.map((_, k) => (k === index ? 0.7 : 0.3 / (values.length - 1)));
    const blind = values.map(() => 1 / values.length);
    const member = [Float32Array.from(right)];
    const deep = { probabilities: member, members: [member], tags: [], pooled: Float32Array.of() };
    return { example, wide: { ...evidence, choices: new Map([[name, Float64Array.from(blind)]]) }, deep };
  });
  const [head] = fitMixture(plan, rows).heads;
  assert.ok(head!.deep > 1 && head!.deep <= 3);
  assert.ok(head!.wide <= 0.5);
});

test('networks, tagger and their mixture answer from the bundle, here and in another process, as in training', () =>
  inFolder(async (folder) => {
    const made = Array.from({ length: 260 }, (_, i): Made => {
      const who = `Jo${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + ((i * 7) % 26))}`;
      const { text, topic } = request(i);
      return { input: `${text} for ${who}`, answer: called([topic, JSON.stringify({ who })]) };
    });
    const data = dataOf(made);
    const train = data.examples.filter((e) => e.split === 'train');
    const held = train.flatMap((_, i) => (i % 5 === 0 ? [i] : []));
    const rung = await trainWideRung(train, data, inOneThread(held));
    const options = optionsIn(folder);
    const work = { device: 'cpu', seed: 1, epochs: 2, key: 'run', options } as const;
    const deep = await trainDeepRung(train, rung, data, work);
    assert.deepEqual(
      deep.known.map(({ row }) => row),
      held,
    );
    const place = path.join(folder, 'parts');
    const acceptor = {
      model: { mean: [0], scale: [1], weights: [1], bias: 0 },
      unfamiliar: null,
      alike: 1,
      catchAll: null,
      novelty: null,
      doubts: null,
    };
    const written = writeParts(place, {
      plan: data.plan,
      inputSlots: data.inputSlots,
      rung: 'wide+deep',
      cache: {},
      wide: rung.wide,
      tagger: rung.tagger,
      deep: await deep.files(),
      generator: null,
      acceptor,
      blocked: [],
    });
    assert.ok(Object.keys(written.files).some((name) => name.endsWith('.onnx')));
    const inputs = data.examples.filter((e) => e.split === 'test').map((e) => e.input);
    const parts = await readParts(place, written.files);
    const together = await predictWith(parts, inputs);
    const alone: Prediction[] = [];
    for (const input of inputs) alone.push(...(await predictWith(parts, [input])));
    together.forEach((prediction, i) => {
      assert.deepEqual(prediction.answer, alone[i]!.answer);
      assert.ok(Math.abs(prediction.confidence - alone[i]!.confidence) < 1e-4);
    });
    await parts.deep?.model.dispose();
    const elsewhere = predictElsewhere(place, written.files, inputs);
    assert.equal(elsewhere.length, together.length);
    together.forEach((prediction, i) => {
      assert.deepEqual(elsewhere[i]!.answer, prediction.answer);
      assert.ok(Math.abs(elsewhere[i]!.confidence - prediction.confidence) < 1e-4);
    });
  }));

/** Reads the parts in a process of their own and asks them one input at a time. */
function predictElsewhere(
  folder: string,
  files: Readonly<Record<string, string>>,
  inputs: readonly ModelInput[],
): readonly Prediction[] {
  const source = (name: string): string => JSON.stringify(path.resolve('src/student', name));
  const program = `
    import { readParts } from ${source('bundle.ts')};
    import { predictWith } from ${source('predictor.ts')};
    const { folder, files, inputs } = JSON.parse(await new Response(process.stdin).text());
    const parts = await readParts(folder, files);
    const said = [];
    for (const input of inputs) said.push(...(await predictWith(parts, [input])));
    await parts.deep.model.dispose();
    console.log(JSON.stringify(said));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    { input: JSON.stringify({ folder, files, inputs }), encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Prediction[];
}

/** Calls of a few topics, and the linear rung that networks are mixed with. */
async function topicsIn(folder: string) {
  const data = dataOf(topicCalls(240, (topic) => said(topic)));
  const train = data.examples.filter((e) => e.split === 'train');
  const held = train.flatMap((_, i) => (i % 5 === 0 ? [i] : []));
  const rung = await trainWideRung(train, data, inOneThread(held));
  return { data, train, held, rung, options: optionsIn(folder) };
}

test('networks of labels are piloted without the held-out rows and then see every row', () =>
  inFolder(async (folder) => {
    const { data, train, held, rung, options } = await topicsIn(folder);
    const deep = await trainDeepRung(train, rung, data, {
      device: 'cpu',
      seed: 1,
      epochs: 1,
      key: 'run',
      options,
    });
    const messages = () => new Set(options.seen.map(({ message }) => message));
    assert.ok(messages().has('Training a pilot network') && !messages().has('Training the networks'));
    const { files } = await deep.files();
    assert.ok(messages().has('Training the networks'));
    assert.deepEqual(
      deep.known.map(({ row }) => row),
      held,
    );
    assert.equal(Object.keys(files).length, 3);
    const points = options.seen.flatMap(({ point }) => point ?? []);
    assert.ok(points.length > 2 && points.every(({ validation }) => validation !== null));
  }));

test('calls kept for calibration show how networks learn and change nothing in them', () =>
  inFolder(async (folder) => {
    const data = dataOf(topicCalls(240, (topic) => said(topic)));
    const train = data.examples.filter((e) => e.split === 'train');
    const held = train.flatMap((_, i) => (i % 5 === 0 ? [i] : []));
    const rung = await trainWideRung(train, data, inOneThread(held));
    const learned = async (name: string, examples: typeof data.examples) => {
      const options = optionsIn(path.join(folder, name));
      const work = { device: 'cpu', seed: 1, epochs: 2, key: name, options } as const;
      const deep = await trainDeepRung(train, rung, { ...data, examples }, work);
      const { files } = await deep.files();
      const last = options.seen.flatMap(({ point }) => (point?.series === 'cnn 2' ? [point] : [])).at(-1)!;
      return { files, validation: last.validation! };
    };
    const other = data.examples.map((e) =>
      e.split === 'calibration' ? { ...e, targets: train[0]!.targets } : e,
    );
    const [one, two] = [await learned('one', data.examples), await learned('two', other)];
    assert.deepEqual(two.files, one.files);
    assert.ok(Math.abs(two.validation - one.validation) > 0.05);
  }));

test('networks are taught again on the calls kept aside where nothing is promised', () =>
  inFolder(async (folder) => {
    const { data, train, rung, options } = await topicsIn(folder);
    const work = { device: 'cpu', seed: 1, epochs: 1, key: 'run', options } as const;
    const deep = await trainDeepRung(train, rung, data, work);
    const kept = data.examples
      .filter((e) => e.split === 'calibration')
      .map((e) => ({ ...e, input: { ...e.input, slots: { [data.inputSlots[0]!]: 'zeppelin' } } }));
    const before = await deep.files();
    const after = await deep.files([...train, ...kept]);
    assert.ok(!before.meta.features.words.includes('zeppelin'));
    assert.ok(kept.length > 1 && after.meta.features.words.includes('zeppelin'));
    assert.deepEqual(after.mixture, before.mixture);
  }));

test('the ladder is climbed only where the higher rung earns it', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    const spec = specOf({
      rungs: ['cache', 'wide', 'wide+deep'],
      overrides: { leastForDeep: 100, epochs: 1 },
    });
    const noisy = topicCalls(400, (topic, i) => said(i % 9 === 0 ? 'food' : topic));
    const { card } = await trainStudent(dataOf(noisy), spec, options);
    assert.equal(card.rung, 'wide');
    assert.ok(options.seen.some((progress) => progress.stage === 'deep' && progress.point !== undefined));
    assert.ok(options.seen.some((progress) => /Took wide: wide\+deep gains/.test(progress.message)));
  }));

test('networks are left out where the linear rung has served all there is', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    const spec = specOf({ rungs: ['cache', 'wide', 'wide+deep'], overrides: { leastForDeep: 100 } });
    await trainStudent(dataOf(topicCalls(400, (topic) => said(topic))), spec, options);
    assert.equal(
      options.seen.some((progress) => progress.stage === 'deep'),
      false,
    );
    assert.ok(options.seen.some((progress) => /networks are left out/.test(progress.message)));
  }));
