import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CapabilityKind, CostGrade } from '../../src/capabilities/capability.ts';
import { costOf, gradeDollars, inferCost } from '../../src/capabilities/cost.ts';
import { meanPrice, priceOf } from '../../src/capabilities/prices.ts';

const cases: readonly (readonly [CapabilityKind, string, CostGrade])[] = [
  ['tool', 'delete_user', 'severe'],
  ['tool', 'deleteUser', 'severe'],
  ['tool', 'users.delete', 'severe'],
  ['tool', 'RefundOrder', 'severe'],
  ['tool', 'send_email', 'severe'],
  ['tool', 'merge_pull_request', 'severe'],
  ['tool', 'transferFunds', 'severe'],
  ['tool', 'book_flight', 'high'],
  ['tool', 'get_order', 'low'],
  ['tool', 'search_books', 'low'],
  ['tool', 'RateBook', 'high'],
  ['label', 'delete_playlist', 'low'],
  ['label', 'suicide_risk', 'severe'],
  ['label', 'report_fraud', 'high'],
  ['label', 'invoice', 'high'],
  ['label', 'medication_dose', 'severe'],
  ['label', 'legal_question', 'severe'],
  ['label', 'greeting', 'low'],
  ['enum', 'escalate = true', 'severe'],
  ['enum', 'escalate = false', 'low'],
  ['enum', 'team = billing', 'high'],
  ['argument', 'RateBook.review_text', 'low'],
  ['refusal', 'refusal', 'severe'],
  ['parameter', 'temperature', 'trivial'],
];

for (const [kind, name, grade] of cases) {
  test(`a wrong ${kind} ${name} is ${grade}`, () => {
    const cost = inferCost(kind, name, '');
    assert.equal(cost.grade, grade, cost.reason);
    assert.equal(cost.dollars, gradeDollars[grade]);
    assert.notEqual(cost.reason, '');
  });
}

test('a cost that the user sets says so, in money or as a grade', () => {
  assert.deepEqual(costOf(12), { grade: 'high', dollars: 12, reason: 'set by you' });
  for (const [grade, dollars] of Object.entries(gradeDollars)) assert.equal(costOf(dollars).grade, grade);
  assert.equal(costOf(0).grade, 'trivial');
});

test('knows list prices by model, whatever its date, with their source; says so where it knows none', () => {
  assert.equal(priceOf('gpt-4o-mini-2024-07-18')?.inputPerMillion, 0.15);
  assert.equal(priceOf('openai/gpt-4o-mini')?.outputPerMillion, 0.6);
  assert.equal(priceOf('claude-3-5-haiku-20241022')?.inputPerMillion, 0.8);
  assert.equal(priceOf('claude-sonnet-4-5-20250929')?.outputPerMillion, 15);
  assert.equal(priceOf('claude-3-5-sonnet-latest')?.inputPerMillion, 3);
  assert.match(priceOf('gpt-4.1-nano')!.source, /^https:/);
  assert.match(priceOf('gpt-4.1-nano')!.asOf ?? '', /^\d{4}-\d{2}-\d{2}$/);
  for (const model of ['my-own-model', 'gpt-4o-mini-ft', 'constructor', ''])
    assert.equal(priceOf(model), null);
});

test('the price that the user pays wins over the list price, also for a model without one', () => {
  const own = { 'gpt-4o-mini': { input: 0.1, output: 0.2 }, 'house-model': { input: 1, output: 2 } };
  assert.deepEqual(priceOf('gpt-4o-mini-2024-07-18', own), {
    inputPerMillion: 0.1,
    outputPerMillion: 0.2,
    asOf: null,
    source: 'your settings',
  });
  const use = { calls: 10, inputTokens: 1_000_000, outputTokens: 500_000 };
  const usage = [
    { model: 'house-model', ...use },
    { model: 'other', ...use },
  ];
  assert.deepEqual(meanPrice(usage, own), {
    perCall: 0.2,
    prices: [{ model: 'house-model', asOf: null, source: 'your settings' }],
    unknownModels: ['other'],
  });
  assert.equal(meanPrice(usage).perCall, null);
});

test('what is dear is dear in other languages, and other words are not', () => {
  const gradeOf = (name: string) => inferCost('label', name, '').grade;
  for (const name of [
    'rechnung',
    'Überweisung ausführen',
    'remboursement',
    'factura',
    '退款',
    '返金依頼',
    '환불',
  ])
    assert.equal(gradeOf(name), 'high', name);
  for (const name of ['notfall', 'ordonnance', '紧急求助', 'adwokat', 'Medikamentenplan', '契約解除'])
    assert.equal(gradeOf(name), 'severe', name);
  for (const name of [
    'lieferung',
    'livraison',
    'technik',
    '物流',
    '肯定',
    'sonstiges',
    'météo',
    'ja',
    'lekker',
  ])
    assert.equal(gradeOf(name), 'low', name);
});
