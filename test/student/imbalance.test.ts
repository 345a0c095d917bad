import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { serves } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { trainStudent } from '../../src/student/train.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

/** From two calls in five to one in two hundred. */
const shares = [0.4, 0.22, 0.12, 0.08, 0.05, 0.03, 0.02, 0.02, 0.015, 0.015, 0.01, 0.01, 0.005, 0.005];
/** Comes up when seven in ten calls have been made: one in twelve from then on. */
const late = shares.length;
/** Comes up among the calls kept for the test. */
const unheard = late + 1;
const kinds = unheard + 1;

/** Requests whose words are mostly, not always, those of their kind. */
function requests(n: number): Made[] {
  const random = createRandom('imbalance');
  const usual = (): number => {
    let left = random.next() * shares.reduce((sum, share) => sum + share, 0);
    return Math.max(
      0,
      shares.findIndex((share) => (left -= share) < 0),
    );
  };
  const kindOf = (i: number): number => {
    if (i > 0.7 * n && random.next() < 0.08) return late;
    return i > 0.85 * n && random.next() < 0.03 ? unheard : usual();
  };
  return Array.from({ length: n }, (_, i) => {
    const kind = kindOf(i);
    const word = (): string => {
      const from = random.next() < 0.65 ? kind : random.int(kinds);
      return `${'abcdefghijklmnop'[from]}q${'abcdefghijklmnopqrst'[random.int(20)]}word`;
    };
    const words = Array.from({ length: 6 }, word);
    return { input: `${words.join(' ')} ${i.toString(36)}`, answer: said(`kind-${kind}`) };
  });
}

interface Tested extends Scored {
  readonly kind: number;
  readonly served: boolean;
}

async function tested(data: Dataset): Promise<Tested[]> {
  const { card, scored } = await inFolder((folder) =>
    trainStudent(data, specOf({ epsilon: 0.05 }), optionsIn(folder)),
  );
  assert.equal(card.outcome.kind, 'certified', JSON.stringify(card.outcome));
  const asked = data.examples.filter(({ split }) => split === 'test');
  return scored.test.map((row, i) => ({
    ...row,
    kind: Number(asked[i]!.answer.text!.split('-')[1]),
    served: serves(card.outcome, row),
  }));
}

test('rare and late labels are not answered with common ones, and cost the common ones no certificate', async () => {
  const rows = await tested(dataOf(requests(3000)));
  const share = (of: readonly Tested[], is: (row: Tested) => boolean): number =>
    of.filter(is).length / of.length;
  const wrong = (row: Tested): boolean => row.served && !row.agree;
  const common = rows.filter(({ kind }) => kind < 4);
  const rare = rows.filter(({ kind }) => kind >= 4 && kind < late);
  const fresh = rows.filter(({ kind }) => kind >= late);
  assert.ok(rare.length > 60 && fresh.length > 40, `${rare.length} and ${fresh.length}`);
  assert.ok(share(common, ({ served }) => served) > 0.7, String(share(common, ({ served }) => served)));
  assert.ok(share(rare, wrong) <= 0.05, `rare: ${share(rare, wrong)}`);
  assert.ok(share(fresh, wrong) <= 0.1, `late: ${share(fresh, wrong)}`);
  assert.ok(
    rare.some(({ served }) => served),
    'what is rare and sure is answered',
  );
});
