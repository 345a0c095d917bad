import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { choiceSlots, shortSlots } from '../../src/dataset/planSlots.ts';
import { placementOf, probeDevices } from '../../src/onnx/devices.ts';
import { loadStudent } from '../../src/student/bundle.ts';
import { openCheckpoints } from '../../src/student/checkpoint.ts';
import { createMaskPool } from '../../src/student/deep/masks.ts';
import { createBatcher, tasksOf } from '../../src/student/generator/batch.ts';
import { type FitOptions, fitGenerator } from '../../src/student/generator/fit.ts';
import { learnPieces } from '../../src/student/generator/learnPieces.ts';
import { averagingStep, trainingStep } from '../../src/student/generator/program.ts';
import { defaultGenerator } from '../../src/student/generator/spec.ts';
import { initialState, scheduleFeeds } from '../../src/student/generator/trainer.ts';
import { trainStudent } from '../../src/student/train.ts';
import { called, said } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';
import { quick, slugCalls, slugOf, slugSlot, slugWritings, titles } from './titles.ts';

const rungs = ['cache', 'wide', 'generator'] as const;

test('a field written from words of the input is learned, certified and served byte for byte', () =>
  inFolder(async (folder) => {
    const data = dataOf(slugCalls(900, 'served'));
    assert.deepEqual(
      shortSlots(data.plan).map(({ name }) => name),
      ['slug'],
    );
    const options = optionsIn(folder);
    const { card, scored } = await trainStudent(
      data,
      specOf({ rungs, overrides: { generator: quick } }),
      options,
    );
    assert.equal(card.rung, 'generator');
    assert.equal(card.outcome.kind, 'certified');
    assert.ok(card.files['reader.onnx'] !== undefined && card.files['writer.onnx'] !== undefined);
    assert.ok(options.seen.some(({ point }) => point?.series === 'generator'));
    assert.ok(
      options.seen.some(({ plan = '' }) => /on cpu \(as set\): .* about \d+ MB of memory/.test(plan)),
    );
    assert.ok(!existsSync(path.join(options.checkpoints, 'generator')));
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const later = data.examples.filter(({ split }) => split === 'test');
    const given = await student.value.predict(later.map(({ input }) => input));
    const alone = await student.value.predict([later[0]!.input]);
    await student.value.dispose();
    assert.equal(alone[0]!.answer?.text, given[0]!.answer?.text);
    assert.ok(Math.abs(alone[0]!.confidence - given[0]!.confidence) < 1e-4);
    const same = given.filter(({ answer }, i) => answer?.text === later[i]!.answer.text);
    // Nothing that the values never hold is ever written.
    for (const { answer } of given) assert.match(answer?.text ?? '"slug":""}', /"slug":"[a-z0-9-]*"\}$/);
    assert.ok(same.length >= 0.9 * later.length, `${same.length} of ${later.length}`);
    assert.deepEqual(
      scored.test.map(({ confidence }) => confidence),
      given.map(({ confidence }) => confidence),
    );
  }));

test('lists of written words are arguments of tools like others', () =>
  inFolder(async (folder) => {
    const made = titles(600, 'tools').map((title, i) => {
      const tags = slugOf(title)
        .split('-')
        .map((word) => word.slice(0, 3).toUpperCase());
      return i % 4 === 0
        ? { input: `hello ${title}`, answer: called(['greet', '{}']) }
        : { input: `file ${title}`, answer: called(['save', JSON.stringify({ tags })]) };
    });
    const data = dataOf(made);
    assert.deepEqual(
      shortSlots(data.plan).map(({ name, short }) => [name, short?.list]),
      [['save.tags', true]],
    );
    const { card, scored } = await trainStudent(
      data,
      specOf({ rungs, overrides: { generator: quick } }),
      optionsIn(folder),
    );
    assert.equal(card.rung, 'generator');
    const right = scored.test.filter(({ agree }) => agree).length;
    assert.ok(right >= 0.85 * scored.test.length, `${right} of ${scored.test.length}`);
  }));

test('a training that is cancelled while it learns to write leaves nothing behind', () =>
  inFolder(async (folder) => {
    const stop = new AbortController();
    const options = optionsIn(folder, {
      signal: stop.signal,
      onProgress: ({ point }) => {
        if (point?.series === 'generator') stop.abort();
      },
    });
    const spec = specOf({ rungs, overrides: { generator: quick } });
    await assert.rejects(trainStudent(dataOf(slugCalls(400, 'cancelled')), spec, options), {
      code: 'cancelled',
    });
    assert.deepEqual(readdirSync(folder), []);
  }));

test('a text that nothing tells is declined after a short pilot, with the reason', () =>
  inFolder(async (folder) => {
    const random = createRandom('whims');
    const made = titles(500, 'declined').map((title) => ({
      input: title,
      answer: said(
        [
          random.int(3) > 0 ? 'Now' : 'Here',
          ...random.shuffle(title.split(' ')).slice(0, 2 + random.int(3)),
        ].join(random.int(2) > 0 ? ' ' : ', '),
      ),
    }));
    const data = dataOf(made);
    assert.equal(shortSlots(data.plan).length, 1);
    assert.equal(choiceSlots(data.plan).length, 0);
    const options = optionsIn(folder);
    const { card } = await trainStudent(data, specOf({ rungs, overrides: { generator: quick } }), options);
    assert.ok(card.outcome.kind === 'refused');
    assert.match(card.outcome.reason, /answer is free text: a small student that tried to write it/);
    const points = options.seen.flatMap(({ point }) => (point?.series === 'generator' ? [point] : []));
    const last = points.at(-1)!;
    assert.ok(last.step <= quick.steps / 2, String(last.step));
    assert.match(last.ended ?? '', /^stopped after \d+ of 240 steps: hardly any text/u);
    assert.ok(points.slice(0, -1).every(({ ended }) => ended === undefined));
  }));

test('without a generator a short text stays with the teacher', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    const { card } = await trainStudent(dataOf(slugCalls(300, 'none')), specOf(), options);
    assert.ok(card.outcome.kind === 'refused');
    assert.match(card.outcome.reason, /something is free \(slug\)/);
  }));

const writings = slugWritings(160, 'fit');
const table = learnPieces(writings, [slugSlot]);
const writer = { spec: { ...defaultGenerator, ...quick, steps: 24, looks: 4 }, table };
const tasks = tasksOf(table, writings);
const told = tasks.slice(0, 20).map((task, i) => ({ task, asked: writings[i]! }));

test('a training that was stopped goes on from its checkpoint and ends as if nothing had happened', () =>
  inFolder(async (folder) => {
    const options = (changes: Partial<FitOptions> = {}): FitOptions => ({
      device: 'cpu',
      threads: 1,
      signal: new AbortController().signal,
      checkpoint: null,
      onLook: () => {},
      ...changes,
    });
    const undisturbed = await fitGenerator(writer, tasks, told, options({ patient: true }));
    const checkpoint = { store: openCheckpoints(folder, 'key'), everyMs: 0 };
    const stop = new AbortController();
    const stopped = fitGenerator(
      writer,
      tasks,
      told,
      options({
        patient: true,
        checkpoint,
        signal: stop.signal,
        onLook: ({ step }) => step >= 12 && stop.abort(),
      }),
    );
    await assert.rejects(stopped, { name: 'AbortError' });
    const looks: number[] = [];
    const resumed = await fitGenerator(
      writer,
      tasks,
      told,
      options({ patient: true, checkpoint, onLook: ({ step }) => looks.push(step) }),
    );
    assert.deepEqual(looks, [18, 24]);
    assert.equal(resumed.steps, undisturbed.steps);
    assert.deepEqual(resumed.packed, undisturbed.packed);
  }));

for (const { device, available, detail } of await probeDevices()) {
  const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;
  test(`no node of a generator's training step leaves ${device}`, { skip }, async () => {
    const random = createRandom('placement');
    const shape = { batch: 8, length: 12, steps: 12 };
    const { graph, masks } = trainingStep(writer, shape, device);
    const pool = createMaskPool(writer.spec.dropout, device, random);
    const feeds = {
      ...createBatcher(table, shape, 0.1)(tasks.slice(0, 8), random),
      ...scheduleFeeds(writer.spec, { step: 0, steps: 10 }),
      ...pool.feeds(masks, random),
    };
    const tensors = { ...initialState(writer, device, random), ...pool.state };
    const decay = { dtype: 'f32', shape: [], data: Float32Array.of(0.5) } as const;
    const placed = [
      ...(await placementOf(graph, device, feeds, tensors)),
      ...(await placementOf(averagingStep(writer), device, { decay }, tensors)),
    ];
    assert.ok(placed.length > 50);
    assert.deepEqual(
      placed.filter(({ provider }) => !provider.toLowerCase().startsWith(device.replace('-f16', ''))),
      [],
    );
  });
}
