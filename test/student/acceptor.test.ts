import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { choiceSlots } from '../../src/dataset/plan.ts';
import { confidenceOf, fitAcceptor, type Judged } from '../../src/student/acceptor.ts';
import type { Signals } from '../../src/student/decode.ts';
import { trainWideRung } from '../../src/student/wideRung.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf } from './support.ts';

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
  doubt: -1.5,
  spans: 1,
  agreement: 0.9,
  unseen: 0.2,
  near: 0.5,
  slots: 1,
  template: true,
  written: null,
};

function judgedOf(slot: string, kind: number, joint: number): Judged {
  const targets = { [slot]: { kind: 'class', index: kind } } as const;
  const decoded = {
    answer: null,
    reason: null,
    targets,
    bucket: 'all',
    signals: { ...signals, joint, least: joint },
  };
  return { decoded, length: 20 };
}

test('an answer that draws inputs of hidden kinds is trusted less than another of the same figures', () => {
  const { plan } = dataOf(manyKinds(240));
  const slot = choiceSlots(plan)[0]!.name;
  const judged = (kind: number, joint: number) => judgedOf(slot, kind, joint);
  const random = createRandom('acceptor');
  const known = Array.from({ length: 500 }, (_, i) => {
    const joint = 0.5 + 0.5 * random.next();
    return { ...judged(i % 5, joint), agree: random.next() < joint };
  });
  // Most inputs of hidden kinds are answered with the last of them.
  const strange = Array.from({ length: 200 }, (_, i) => ({
    ...judged(i % 10 === 0 ? i % 4 : 4, 0.8),
    kind: 5 + (i % 6),
  }));
  const { acceptor } = fitAcceptor(plan, known, strange);
  const [plain, magnet] = [0, 4].map((kind) => confidenceOf(acceptor, judged(kind, 0.8)));
  assert.ok(plain! > magnet! + 0.02, `${plain} against ${magnet}`);
  assert.ok(confidenceOf(acceptor, judged(0, 0.95)) > confidenceOf(acceptor, judged(0, 0.6)));
});

test('a trial learns neither from held-out rows nor from hidden classes, and is sure of neither kind of stranger', async () => {
  const data = dataOf(manyKinds(720), 0);
  const rows = data.examples.filter((e) => e.split === 'train');
  const held = rows.flatMap((_, i) => (i % 6 === 0 ? [i] : []));
  const { trial } = await trainWideRung(rows, data, {
    held,
    seed: 1,
    pause: async () => {},
    progress: () => {},
  });
  const answerOf = (row: number): string => rows[row]!.answer.text!;
  const hidden = new Set(trial.strange.map(({ row }) => answerOf(row)));
  assert.ok(trial.strange.length > 0 && trial.known.length > 0);
  assert.ok(trial.known.every(({ row }) => held.includes(row) && !hidden.has(answerOf(row))));
  const sureness = (tried: typeof trial.known): number =>
    tried.reduce((sum, { said }) => sum + Math.max(...[...said.choices.values()][0]!), 0) / tried.length;
  assert.ok(sureness(trial.known) > sureness(trial.strange) + 0.2);
});
