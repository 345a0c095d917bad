import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { loadStudent } from '../../src/student/bundle.ts';
import { bundleFormat } from '../../src/student/format.ts';
import { trainStudent } from '../../src/student/train.ts';
import { called, type Made, request, said, topicCalls } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const labels = (n: number): Made[] => topicCalls(n, (topic) => said(topic));

test('a label task is learned, certified and answered from the bundle', () =>
  inFolder(async (folder) => {
    const data = dataOf(labels(1000));
    const options = optionsIn(folder);
    const { card, scored } = await trainStudent(data, specOf(), options);
    assert.equal(card.outcome.kind, 'certified');
    assert.ok(card.report !== null && card.report.agreement.rate > 0.9);
    assert.equal(scored.test.length, data.examples.filter((e) => e.split === 'test').length);
    assert.deepEqual(
      [...new Set(options.seen.map((progress) => progress.stage))],
      ['wide', 'select', 'export', 'calibrate', 'verify'],
    );
    const points = options.seen.flatMap(({ point }) => (point === undefined ? [] : [point]));
    assert.deepEqual(
      points.map(({ series, step }) => [series, step]),
      [1, 2, 3, 4, 5].map((step) => ['wide', step]),
    );
    for (const { loss, validation } of points)
      assert.ok(Number.isFinite(loss) && validation !== null && Number.isFinite(validation));
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const [answered] = await student.value.predict([
      { slots: { text: 'please play the song louder' }, context: {} },
    ]);
    assert.equal(answered?.answer?.text, 'music');
    assert.equal(answered?.bucket, 'label:music');
    await student.value.dispose();
  }));

test('the bundle loaded in another process gives the answers and confidences of the evaluation', () =>
  inFolder(async (folder) => {
    const data = dataOf(labels(300));
    const options = optionsIn(folder);
    const { scored } = await trainStudent(data, specOf(), options);
    const inputs = data.examples.filter((e) => e.split === 'test').map((e) => e.input);
    const program = `
      import { loadStudent } from ${JSON.stringify(path.resolve('src/student/bundle.ts'))};
      const student = await loadStudent(${JSON.stringify(options.target)});
      const inputs = JSON.parse(await new Response(process.stdin).text());
      const one = [];
      for (const input of inputs) one.push(...(await student.value.predict([input])));
      console.log(JSON.stringify(one.map((p) => p.confidence)));`;
    const run = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
      {
        input: JSON.stringify(inputs),
        encoding: 'utf8',
      },
    );
    assert.equal(run.status, 0, run.stderr);
    const confidences = JSON.parse(run.stdout) as number[];
    assert.equal(confidences.length, scored.test.length);
    confidences.forEach((confidence, i) => {
      assert.ok(Math.abs(confidence - scored.test[i]!.confidence) < 1e-4);
    });
  }));

test('a run is a function of data, spec and seed', () =>
  inFolder(async (folder) => {
    const data = dataOf(labels(200));
    const hashes = [];
    for (const name of ['a', 'b']) {
      const { card } = await trainStudent(data, specOf(), optionsIn(path.join(folder, name)));
      hashes.push(card.files);
    }
    assert.deepEqual(hashes[0], hashes[1]);
  }));

test('tool calls with copied arguments are learned', () =>
  inFolder(async (folder) => {
    const letters = (i: number): string =>
      [0, 5, 9].map((d) => String.fromCharCode(97 + ((i * 7 + d * i) % 26))).join('');
    const made = Array.from({ length: 400 }, (_, i): Made => {
      const who = `M${letters(i)}${letters(i * 3)}`;
      return i % 2 === 0
        ? {
            input: `please call ${who} right now ${request(i).text}`,
            answer: called(['dial', JSON.stringify({ person: who })]),
          }
        : {
            input: `${request(i).text} write to ${who} that I am late`,
            answer: called(['send', JSON.stringify({ to: who, body: 'I am late' })]),
          };
    });
    const { card, scored } = await trainStudent(dataOf(made), specOf(), optionsIn(folder));
    assert.ok(card.files['tagger.bin']);
    const right = scored.test.filter((row) => row.agree).length;
    assert.ok(right / scored.test.length > 0.95, `${right} of ${scored.test.length}`);
  }));

test('the card tells how often the teacher agrees with itself, and where not', () =>
  inFolder(async (folder) => {
    const once = labels(200);
    // Every eighth input comes again, and the first two of them get another answer.
    const again = once
      .filter((_, i) => i % 8 === 0)
      .map((made, i) => (i < 2 ? { ...made, answer: said('other') } : made));
    const data = dataOf([...once, ...again]);
    const { card } = await trainStudent(data, specOf(), optionsIn(folder));
    const found = card.selfAgreement;
    assert.equal(found?.conflicts.inputs, 2);
    assert.equal(found?.pairs.n, found!.pairs.hits + 2);
    assert.ok(found!.pairs.n >= 25);
    assert.ok(found!.ceiling < 1);
  }));

test('free text is declined before any training', () =>
  inFolder(async (folder) => {
    const made = Array.from({ length: 80 }, (_, i) => ({
      input: request(i).text,
      answer: said(`First ${request(i * 3).text}, then ${i} and so on.`),
    }));
    const options = optionsIn(folder);
    const { card } = await trainStudent(dataOf(made), specOf(), options);
    assert.ok(card.outcome.kind === 'refused');
    assert.match(card.outcome.reason, /free text/);
    assert.deepEqual(options.seen, []);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const [prediction] = await student.value.predict([{ slots: { text: 'hello' }, context: {} }]);
    assert.equal(prediction?.answer, null);
  }));

test('a label that the user routes is recognised and withheld with a reason', () =>
  inFolder(async (folder) => {
    const capabilities = { keep: [], route: ['label:music'], drop: [], signedBy: null, signedMs: null };
    const options = optionsIn(folder, { capabilities });
    const data = dataOf(labels(300));
    await trainStudent(data, specOf(), options);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const [music, food] = await student.value.predict([
      { slots: { text: 'please play the song by that band' }, context: {} },
      { slots: { text: 'what pizza is on the dinner menu' }, context: {} },
    ]);
    assert.equal(music?.answer?.text, 'music');
    assert.match(music?.reason ?? '', /label:music stays with the teacher/);
    assert.equal(food?.answer?.text, 'food');
    assert.equal(food?.reason, null);
    const known = data.examples.find((e) => e.split === 'train' && e.answer.text === 'music')!;
    const [repeated] = await student.value.predict([known.input]);
    assert.match(repeated?.reason ?? '', /label:music stays with the teacher/);
  }));

test('an exact repeat of a training input is answered from the cache and marked so', () =>
  inFolder(async (folder) => {
    const data = dataOf(labels(200));
    const options = optionsIn(folder);
    await trainStudent(data, specOf(), options);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const known = data.examples.find((e) => e.split === 'train')!;
    const [again] = await student.value.predict([
      { slots: { text: ` ${(known.input.slots['text'] ?? '').toUpperCase()}` }, context: {} },
    ]);
    assert.equal(again?.cached, true);
    assert.deepEqual(again?.answer, known.answer);
  }));

test('a cancelled training stops and leaves no bundle', () =>
  inFolder(async (folder) => {
    const controller = new AbortController();
    const options = optionsIn(folder, { signal: controller.signal, onProgress: () => controller.abort() });
    await assert.rejects(trainStudent(dataOf(labels(200)), specOf(), options), /cancelled/);
    assert.equal(existsSync(options.target), false);
  }));

test('a training cancelled while it writes leaves nothing behind', () =>
  inFolder(async (folder) => {
    const controller = new AbortController();
    const onProgress = ({ stage }: { readonly stage: string }): void => {
      if (stage === 'calibrate') controller.abort();
    };
    const options = optionsIn(folder, { signal: controller.signal, onProgress });
    await assert.rejects(trainStudent(dataOf(labels(200)), specOf(), options), /cancelled/);
    assert.deepEqual(readdirSync(folder), []);
  }));

test('a damaged, a missing and a newer bundle are refused in words', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    await trainStudent(dataOf(labels(120)), specOf(), options);
    const codeOf = async (place: string): Promise<string> => {
      const loaded = await loadStudent(place);
      return loaded.ok ? 'loaded' : loaded.error.code;
    };
    assert.equal(await codeOf(options.target), 'loaded');
    assert.equal(await codeOf(path.join(folder, 'nowhere')), 'missing');
    const file = path.join(options.target, 'wide.bin');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    assert.equal(await codeOf(options.target), 'damaged');
    const card = path.join(options.target, 'card.json');
    const written = readFileSync(card, 'utf8');
    const inFormat = (format: number): string =>
      written.replace(`"format": ${bundleFormat}`, `"format": ${format}`);
    writeFileSync(card, inFormat(bundleFormat + 1));
    assert.equal(await codeOf(options.target), 'too-new');
    writeFileSync(card, inFormat(bundleFormat - 1));
    assert.equal(await codeOf(options.target), 'too-old');
    writeFileSync(card, '{');
    assert.equal(await codeOf(options.target), 'damaged');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('writing')),
      [],
    );
  }));

test('a student that nothing is promised of has learned from the calls kept aside as well', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    const data = dataOf(labels(60));
    const { card } = await trainStudent(data, specOf({ epsilon: 0.001 }), options);
    assert.equal(card.outcome.kind, 'refused');
    const kept = data.examples.filter((e) => e.split === 'calibration');
    const student = await loadStudent(options.target);
    assert.ok(student.ok && kept.length > 0);
    const predictions = await student.value.predict(kept.map((e) => e.input));
    assert.ok(predictions.every(({ cached }) => cached));
    const certified = optionsIn(folder, { target: `${options.target}-2` });
    const large = dataOf(labels(400));
    const promised = await trainStudent(large, specOf(), certified);
    assert.equal(promised.card.outcome.kind, 'certified');
    const other = await loadStudent(certified.target);
    assert.ok(other.ok);
    const asked = large.examples.filter((e) => e.split === 'calibration').map((e) => e.input);
    assert.ok((await other.value.predict(asked)).some(({ cached }) => !cached));
  }));

test('too few answers that fit the plan are declined with what the others fail by', () =>
  inFolder(async (folder) => {
    const data = dataOf(topicCalls(200, (topic) => said(topic)));
    const examples = data.examples.map((example, i) =>
      i < 10 ? example : { ...example, targets: null, unplanned: 'its place is not found' },
    );
    const { card } = await trainStudent({ ...data, examples }, specOf(), optionsIn(folder));
    assert.match(
      card.outcome.kind === 'refused' ? card.outcome.reason : '',
      /^Only \d+ answers to learn from: .* Of \d+, \d+ fit no plan: its place is not found\.$/,
    );
  }));
