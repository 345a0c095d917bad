import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, type Random } from '../../src/base/random.ts';
import { choiceSlots } from '../../src/dataset/planSlots.ts';
import { confidenceOf, fitAcceptor, type Judged } from '../../src/student/acceptor.ts';
import { type CatchAll, catchAllConfidence, findCatchAll, mostMistaken } from '../../src/student/catchAll.ts';
import type { Evidence, Signals } from '../../src/student/decode.ts';
import { trainDeepRung } from '../../src/student/deepRung.ts';
import { familiarityOf, type Read } from '../../src/student/judge.ts';
import { hideClasses } from '../../src/student/wide/hidden.ts';
import type { Tried } from '../../src/student/wide/train.ts';
import { trainWideRung } from '../../src/student/wideRung.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf, inFolder, inOneThread, optionsIn } from './support.ts';

const kinds = 24;

/** Calls of many kinds, each with words of its own. */
function manyKinds(n: number): Made[] {
  const random = createRandom('kinds');
  const word = (kind: number, i: number): string => `w${String.fromCharCode(97 + kind)}q${'xyzuv'[i]}`;
  return Array.from({ length: n }, (_, i) => {
    const kind = i % kinds;
    const words = Array.from({ length: 4 }, () => word(kind, random.int(5)));
    return { input: `please ${words.join(' ')} number ${i}`, answer: said(`kind-${kind}`) };
  });
}

const signals: Signals = {
  joint: 0.9,
  least: 0.9,
  margin: 0.8,
  entropy: 0.2,
  spans: 1,
  agreement: 0.9,
  unseen: 0.2,
  near: 0.5,
  slots: 1,
  template: true,
  written: null,
};

function judgedOf(slot: string, kind: number, joint: number, towards = 0.01): Judged {
  const targets = { [slot]: { kind: 'class', index: kind } } as const;
  const decoded = {
    answer: null,
    reason: null,
    targets,
    bucket: 'all',
    signals: { ...signals, joint, least: joint },
    signs: new Uint32Array(),
  };
  const leaning = (_: string, index: number): number => Math.log(index === catchAllClass ? towards : joint);
  return { decoded, length: 20, leaning, doubt: 0 };
}

const catchAllClass = 4;

/** Answers to held-out rows of 24 classes: those of one class are mistaken for any other, all others for their neighbour. */
function answersOf(slot: string, random: Random) {
  return Array.from({ length: 2000 }, (_, i) => {
    const truth = i % kinds;
    const joint = 0.3 + 0.7 * random.next();
    const agree = random.next() < (truth === catchAllClass ? 0.5 : 0.6 + 0.4 * joint);
    const said = agree ? truth : truth === catchAllClass ? random.int(kinds) : (truth + 1) % kinds;
    return { ...judgedOf(slot, said, joint), truth, said, joint, agree: truth === said };
  });
}

/** Most inputs of hidden classes are answered with one class, the others with a class of their own. */
function strangersOf(slot: string, random: Random) {
  return Array.from({ length: 300 }, (_, i) => {
    const truth = 5 + (i % 6);
    const said = i % 10 === 0 ? 12 + (i % 6) : catchAllClass;
    const joint = 0.2 + 0.3 * random.next();
    return { ...judgedOf(slot, said, joint), truth, said };
  });
}

test('the class for what fits nothing is found by what it is mistaken for and by the strangers it draws', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const random = createRandom('catch-all');
  const [known, strange] = [answersOf(slot.name, random), strangersOf(slot.name, random)];
  assert.equal(findCatchAll(slot, known, strange)?.index, catchAllClass);
  const few = Array.from({ length: 12 }, (_, i) => ({ truth: 12 + i, said: 9 }));
  const index = findCatchAll(slot, known, [...strange, ...few])?.index;
  assert.equal(index, catchAllClass, 'a few from everywhere are less than many from some classes');
  const elsewhere = strange.map((row) => ({ ...row, said: 7 }));
  assert.equal(findCatchAll(slot, known, elsewhere), null, 'strangers go to another class');
  const usual = known.filter(({ truth }) => truth !== catchAllClass);
  assert.equal(findCatchAll(slot, usual, strange), null, 'no class is mistaken for many');
  assert.equal(findCatchAll(slot, known, []), null, 'nothing was hidden');
});

test('an answer with the class for what fits nothing is as sure as such answers are right, others less the stranger they look', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const random = createRandom('acceptor');
  const [known, strange] = [answersOf(slot.name, random), strangersOf(slot.name, random)];
  const confidence = (caught: CatchAll | null, said: number, joint: number): number =>
    confidenceOf(fitAcceptor(known, strange, { catchAll: caught }), judgedOf(slot.name, said, joint));
  const caught = findCatchAll(slot, known, strange);
  const own = known.filter(({ said }) => said === catchAllClass);
  const right = own.filter(({ agree }) => agree).length / own.length;
  assert.ok(
    Math.abs(confidence(caught, catchAllClass, 0.65) - right) < 0.06,
    'as common as they are taken to be',
  );
  assert.ok(confidence(caught, catchAllClass, 0.3) > confidence(null, catchAllClass, 0.3));
  assert.ok(confidence(caught, 0, 0.95) > confidence(caught, 0, 0.5));
  const trusting = confidenceOf(fitAcceptor(known, [], { catchAll: caught }), judgedOf(slot.name, 0, 0.35));
  assert.ok(
    confidence(null, 0, 0.35) < trusting,
    'strangers lower the trust in answers that look like theirs',
  );
});

test('where nothing tells answers apart they are equally sure, to the last bit', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const right = answersOf(slot.name, createRandom('right')).map((row) => ({ ...row, agree: true }));
  const fitted = fitAcceptor(right, []);
  // What sums of many roundings leave of no weight at all.
  const model = { ...fitted.model, weights: fitted.model.weights.map(() => 1e-11) };
  const acceptor = { ...fitted, model };
  const sureness = (joint: number): number => confidenceOf(acceptor, judgedOf(slot.name, 0, joint));
  assert.equal(new Set(Array.from({ length: 40 }, (_, i) => sureness(0.5 + i / 100))).size, 1);
});

test('strangers that are long do not put long answers to known inputs behind less probable ones', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const random = createRandom('long');
  const known = answersOf(slot.name, random).map((row) => ({ ...row, length: 15 + random.int(30) }));
  const strange = strangersOf(slot.name, random).map((row) => ({ ...row, length: 35 + random.int(30) }));
  const acceptor = fitAcceptor(known, strange);
  const sureness = (joint: number, length: number): number =>
    confidenceOf(acceptor, { ...judgedOf(slot.name, 0, joint), length });
  assert.ok(sureness(0.9, 30) > sureness(0.75, 15));
  assert.ok(sureness(0.9, 44) < sureness(0.9, 15), 'it counts all the same');
});

test('answers with the class for what fits nothing are as sure as if its calls were not rare', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const random = createRandom('rare');
  const strange = strangersOf(slot.name, random);
  const all = [1, 2, 3, 4].flatMap(() => answersOf(slot.name, random));
  const rare = all.filter(({ truth }, i) => truth !== catchAllClass || i % (8 * kinds) < kinds);
  const own = rare.filter(({ said }) => said === catchAllClass);
  const [right, wrong] = [true, false].map((is) => own.filter(({ agree }) => agree === is).length);
  const its = rare.filter(({ truth }) => truth === catchAllClass).length;
  const weighed = (right! * 0.03 * rare.length) / its;
  const sure = catchAllConfidence(findCatchAll(slot, rare, strange)!, 0.65);
  assert.ok(weighed > 3 * right!);
  assert.ok(Math.abs(sure - weighed / (weighed + wrong!)) < 0.1);
  assert.ok(sure > right! / own.length + 0.1);
});

test('an answer is the less sure the more the models lean to the class for what fits nothing', () => {
  const slot = choiceSlots(dataOf(manyKinds(240)).plan)[0]!;
  const random = createRandom('leaning');
  // Wrong answers and strangers beside known kinds lean to it.
  const known = answersOf(slot.name, random).map((row) => ({
    ...row,
    ...judgedOf(slot.name, row.said, row.joint, row.agree ? 0.005 : 0.1),
  }));
  const strange = strangersOf(slot.name, random);
  const caught = findCatchAll(slot, known, strange)!;
  const acceptor = fitAcceptor(known, strange, { catchAll: caught });
  const sure = (towards: number): number => confidenceOf(acceptor, judgedOf(slot.name, 0, 0.8, towards));
  assert.ok(sure(0.1) < sure(0.03) && sure(0.03) < sure(0.01));
  assert.equal(sure(0.01), sure(0.0001), 'below one in a hundred it is out of the question');
});

test('a stranger that is called one is answered rightly, any other wrongly', () => {
  const data = dataOf(manyKinds(240));
  const slot = choiceSlots(data.plan)[0]!;
  const random = createRandom('strangers');
  const [known, strange] = [answersOf(slot.name, random), strangersOf(slot.name, random)];
  const acceptor = fitAcceptor(known, strange, { catchAll: findCatchAll(slot, known, strange) });
  const example = data.examples[0]!;
  const readAs = (kind: number): Read => {
    const row = judgedOf(slot.name, kind, 0.8);
    return { ...row, decoded: { ...row.decoded, answer: example.answer }, example, agree: false };
  };
  const judged = familiarityOf(data, acceptor, [], [readAs(catchAllClass), readAs(0)], null).strange;
  assert.equal(judged[0]!.confidence, Number.NEGATIVE_INFINITY);
  assert.equal(judged[1]!.confidence, confidenceOf(acceptor, readAs(0)));
});

test('a class that no training had seen is not the one for what fits nothing, however it is mistaken', () => {
  const random = createRandom('newcomer');
  const row = (truth: number, said: number) => ({ truth, said });
  const spread = (truth: number, n: number) => Array.from({ length: n }, () => row(truth, random.int(kinds)));
  const scattered = spread(catchAllClass, 60).filter(({ said }) => said !== catchAllClass);
  const right = Array.from({ length: 20 }, () => row(catchAllClass, catchAllClass));
  const newcomer = spread(kinds, 60);
  assert.equal(mostMistaken([...scattered, ...right, ...newcomer]), catchAllClass);
  assert.equal(mostMistaken(newcomer), null);
});

test('a trial learns neither from held-out rows nor from hidden classes, and is sure of neither kind of stranger', () =>
  inFolder(async (folder) => {
    const data = dataOf(manyKinds(720), 0);
    const rows = data.examples.filter((e) => e.split === 'train');
    const held = rows.flatMap((_, i) => (i % 6 === 0 ? [i] : []));
    const rung = await trainWideRung(rows, data, inOneThread(held));
    const options = optionsIn(folder);
    const work = { device: 'cpu', seed: 1, epochs: 4, key: 'run', options } as const;
    const deep = await trainDeepRung(rows, rung, data, work);
    const answerOf = (row: number): string => rows[row]!.answer.text!;
    const sureness = (tried: readonly Tried<Evidence>[]): number =>
      tried.reduce((sum, { said }) => sum + Math.max(...[...said.choices.values()][0]!), 0) / tried.length;
    for (const trial of [rung.trial, deep.trial!]) {
      const hidden = new Set(trial.strange.map(({ row }) => answerOf(row)));
      assert.ok(trial.strange.length > 0 && trial.known.length > 0);
      assert.ok(trial.known.every(({ row }) => held.includes(row) && !hidden.has(answerOf(row))));
      assert.ok(sureness(trial.known) > sureness(trial.strange) + 0.2);
    }
    const { known, strange } = deep.trial!;
    assert.ok(
      [...known, ...strange].every(({ said }) => [...said.members.values()][0]!.length === 2),
      'both rungs',
    );
    const rowsOf = (tried: readonly Tried<Evidence>[]): number[] => tried.map(({ row }) => row);
    assert.deepEqual(rowsOf(strange), rowsOf(rung.trial.strange), 'the same classes were hidden from both');
  }));

test('the class for what fits nothing is never hidden', () => {
  const data = dataOf(manyKinds(720), 0);
  const slot = choiceSlots(data.plan)[0]!;
  const hiddenWith = (kept: number | null): Set<number> =>
    new Set(
      hideClasses(slot, data.examples, 1, kept).flatMap(({ outside }) =>
        outside.map((row) => {
          const target = data.examples[row]!.targets![slot.name]!;
          return target.kind === 'class' ? target.index : -1;
        }),
      ),
    );
  const [first] = hiddenWith(null);
  assert.ok(first !== undefined && !hiddenWith(first).has(first));
  assert.equal(hiddenWith(first).size, hiddenWith(null).size);
});
