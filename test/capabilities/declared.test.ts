import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../src/base/json.ts';
import { type AnswerHint, declaredOffers, noHint } from '../../src/capabilities/declared.ts';
import type { OutputFormat, ToolDefinition } from '../../src/wire/chat.ts';

/** A version whose whole prompt is one system text (and a slot for the user's). */
function version(prompt: string, options: { format?: OutputFormat; tools?: readonly ToolDefinition[] } = {}) {
  return {
    template: {
      messages: [
        { role: 'system' as const, segments: [{ kind: 'text' as const, text: prompt }] },
        { role: 'user' as const, segments: [{ kind: 'slot' as const, name: 'text' }] },
      ],
      turns: 'fixed' as const,
      hash: 'h',
    },
    toolset: { kind: 'fixed' as const, hash: 't', tools: options.tools ?? [] },
    outputFormat: options.format ?? ({ kind: 'text' } as const),
  };
}

function labels(prompt: string, hint: AnswerHint = noHint): string[] {
  return declaredOffers(version(prompt), hint)
    .filter((offer) => offer.kind === 'label')
    .map((offer) => offer.name)
    .sort();
}

function enums(prompt: string, field: string, hint: AnswerHint = noHint): string[] {
  return declaredOffers(version(prompt), hint)
    .filter((offer) => offer.kind === 'enum' && offer.name.startsWith(`${field} = `))
    .map((offer) => offer.name.slice(field.length + 3))
    .sort();
}

/** What answers looked like: some labels and how often. */
function seen(kind: AnswerHint['kind'], counts: Readonly<Record<string, number>>): AnswerHint {
  return { kind, labels: new Map(Object.entries(counts)), fields: new Map() };
}

const four = ['billing', 'other', 'shipping', 'technical'];

const styles: readonly { readonly style: string; readonly prompt: string; readonly expected: readonly string[] }[] = [
  {
    style: 'bullets after a heading',
    prompt: 'Classify the ticket.\n\nLabels:\n- billing\n- shipping\n- technical\n- other\n',
    expected: four,
  },
  {
    style: 'numbered list',
    prompt: 'Pick the category that fits best:\n1. billing\n2. shipping\n3. technical\n4. other\n\nAnswer with the name only.',
    expected: four,
  },
  {
    style: 'numbers in parentheses',
    prompt: 'Choose one category.\n(1) billing\n(2) shipping\n(3) technical\n(4) other',
    expected: four,
  },
  {
    style: 'lettered list',
    prompt: 'Which queue should get this?\na) billing\nb) shipping\nc) technical\nd) other',
    expected: four,
  },
  {
    style: 'label: description',
    prompt:
      'Sort the mail.\n\nCategories:\n- billing: invoices, refunds, payment problems\n- shipping: where is my parcel\n- technical: the product does not work\n- other: anything else',
    expected: four,
  },
  {
    style: 'bold label with a dash',
    prompt:
      '# Task\nClassify each email.\n\n# Categories\n* **billing** - invoices and refunds\n* **shipping** - parcels\n* **technical** – bugs\n* **other** — the rest',
    expected: four,
  },
  {
    style: 'bold label with the colon inside',
    prompt: 'Categories:\n- **billing:** invoices\n- **shipping:** parcels\n- **technical:** bugs\n- **other:** the rest',
    expected: four,
  },
  {
    style: 'backticks',
    prompt: 'Return one of these labels:\n- `billing`\n- `shipping`\n- `technical`\n- `other`',
    expected: four,
  },
  {
    style: 'comma list after a colon',
    prompt: 'You triage tickets. Labels: billing, shipping, technical, other. Reply with the label only.',
    expected: four,
  },
  {
    style: 'one of ... or',
    prompt: 'Classify the message as one of billing, shipping, technical or other. Say nothing else.',
    expected: four,
  },
  {
    style: 'one of the following with a colon',
    prompt: 'Answer with exactly one of the following: billing, shipping, technical, or other.',
    expected: four,
  },
  {
    style: 'quoted alternatives',
    prompt: 'Respond with "billing", "shipping", "technical" or "other".',
    expected: four,
  },
  {
    style: 'single quotes',
    prompt: "Return 'billing', 'shipping', 'technical', or 'other' and don't explain.",
    expected: four,
  },
  { style: 'A | B | C', prompt: 'Output format: billing | shipping | technical | other', expected: four },
  { style: 'pipes on a line of their own', prompt: 'Answer with one word:\n\nbilling | shipping | technical | other\n', expected: four },
  { style: 'angle brackets', prompt: 'Reply with <billing|shipping|technical|other> and nothing else.', expected: four },
  { style: 'slashes', prompt: 'Decide the sentiment (positive/negative/neutral) of the review.', expected: ['negative', 'neutral', 'positive'] },
  { style: 'XML list', prompt: '<labels>\n  <label>billing</label>\n  <label>shipping</label>\n  <label>technical</label>\n  <label>other</label>\n</labels>\nAnswer with one label.', expected: four },
  { style: 'XML attributes', prompt: '<intents>\n<intent name="billing">Invoices</intent>\n<intent name="shipping">Parcels</intent>\n<intent name="technical">Bugs</intent>\n<intent name="other">Rest</intent>\n</intents>', expected: four },
  { style: 'XML with the list inside one tag', prompt: 'Choose a label from the list.\n<labels>billing, shipping, technical, other</labels>', expected: four },
  { style: 'TypeScript union', prompt: 'The answer is a value of this type:\n\n```ts\ntype Label = "billing" | "shipping" | "technical" | "other";\n```', expected: four },
  { style: 'Python literal', prompt: 'label: Literal["billing", "shipping", "technical", "other"]', expected: four },
  { style: 'JSON array', prompt: 'Allowed labels: ["billing", "shipping", "technical", "other"]\nReply with one of them.', expected: four },
  { style: 'markdown table', prompt: 'Pick a label.\n\n| Label | Meaning |\n|-------|---------|\n| billing | invoices and refunds |\n| shipping | parcels that got lost |\n| technical | bugs and crashes |\n| other | everything else |', expected: four },
  { style: 'table with the label second', prompt: 'Pick a label.\n\n| # | Label | Meaning |\n|---|---|---|\n| 1 | billing | invoices and refunds |\n| 2 | shipping | lost parcels |\n| 3 | technical | bugs |\n| 4 | other | rest |', expected: four },
  { style: 'one label per line', prompt: 'Classify into one of these categories:\n\nbilling\nshipping\ntechnical\nother\n\nAnswer:', expected: four },
  { style: 'lines label: description', prompt: 'You label tickets.\n\nbilling: invoices and refunds\nshipping: lost parcels\ntechnical: bugs\nother: rest', expected: four },
  { style: 'capitals', prompt: 'Possible values are BILLING, SHIPPING, TECHNICAL and OTHER.', expected: ['BILLING', 'OTHER', 'SHIPPING', 'TECHNICAL'] },
  { style: 'labels of several words', prompt: 'Departments:\n- Customer Support\n- Human Resources\n- Research and Development\n- Sales', expected: ['Customer Support', 'Human Resources', 'Research and Development', 'Sales'] },
  { style: 'rules beside the labels', prompt: 'You label tickets.\n\nRules:\n- Never explain your answer.\n- Use lower case.\n- Prefer the most specific label.\n\nLabels:\n- billing\n- shipping\n- technical\n- other\n\nNotes:\n- Typos are normal.\n- Some tickets are empty.', expected: four },
  { style: 'several enumerations in one prompt', prompt: 'You support these products: Phone, Tablet, Watch, Laptop.\nCustomers write in English, German or French.\n\nChoose exactly one label: billing, shipping, technical, other.', expected: four },
  { style: 'groups with bullets', prompt: 'Pick one intent.\n\n## Money\n- billing\n- refund\n\n## Goods\n- shipping\n- returns\n\n## Rest\n- other', expected: ['billing', 'other', 'refund', 'returns', 'shipping'] },
  { style: 'a fallback outside the list', prompt: 'Labels:\n- billing\n- shipping\n- technical\n\nIf nothing fits, answer with `other`.', expected: four },
  { style: 'regex characters', prompt: 'Labels:\n- c++\n- c#\n- .net\n- a.*b\n- f(x)\n- [core]\n- what?', expected: ['.net', '[core]', 'a.*b', 'c#', 'c++', 'f(x)', 'what?'] },
  { style: 'German', prompt: 'Ordne die Nachricht genau einer Kategorie zu.\n\nKategorien:\n- rechnung\n- versand\n- technik\n- sonstiges', expected: ['rechnung', 'sonstiges', 'technik', 'versand'] },
  { style: 'Windows line ends', prompt: 'Labels:\r\n- billing\r\n- shipping\r\n- technical\r\n- other\r\n', expected: four },
  { style: 'numbers as labels', prompt: 'Rate the review. Answer with one of: 1, 2, 3, 4, 5', expected: ['1', '2', '3', '4', '5'] },
  { style: 'yes or no', prompt: 'Is this message spam? Answer yes or no.', expected: ['no', 'yes'] },
  { style: 'nested descriptions', prompt: 'Labels:\n- billing\n  - invoices of any kind\n  - refunds that are late\n- shipping\n  - lost parcels\n- technical\n  - bugs in the product\n- other\n  - the rest of it all', expected: four },
];

for (const { style, prompt, expected } of styles) {
  test(`finds the labels of a prompt: ${style}`, () => {
    assert.deepEqual(labels(prompt), [...expected].sort());
  });
  test(`finds the same labels when answers were seen: ${style}`, () => {
    const counts = { [expected[0]!.toLowerCase()]: 20, [expected[1]!.toLowerCase()]: 5 };
    assert.deepEqual(labels(prompt, seen('text', counts)), [...expected].sort());
  });
}
