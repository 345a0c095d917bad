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

const styles: readonly {
  readonly style: string;
  readonly prompt: string;
  readonly expected: readonly string[];
}[] = [
  {
    style: 'bullets after a heading',
    prompt: 'Classify the ticket.\n\nLabels:\n- billing\n- shipping\n- technical\n- other\n',
    expected: four,
  },
  {
    style: 'numbered list',
    prompt:
      'Pick the category that fits best:\n1. billing\n2. shipping\n3. technical\n4. other\n\nAnswer with the name only.',
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
    prompt:
      'Categories:\n- **billing:** invoices\n- **shipping:** parcels\n- **technical:** bugs\n- **other:** the rest',
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
  {
    style: 'pipes on a line of their own',
    prompt: 'Answer with one word:\n\nbilling | shipping | technical | other\n',
    expected: four,
  },
  {
    style: 'angle brackets',
    prompt: 'Reply with <billing|shipping|technical|other> and nothing else.',
    expected: four,
  },
  {
    style: 'slashes',
    prompt: 'Decide the sentiment (positive/negative/neutral) of the review.',
    expected: ['negative', 'neutral', 'positive'],
  },
  {
    style: 'XML list',
    prompt:
      '<labels>\n  <label>billing</label>\n  <label>shipping</label>\n  <label>technical</label>\n  <label>other</label>\n</labels>\nAnswer with one label.',
    expected: four,
  },
  {
    style: 'XML attributes',
    prompt:
      '<intents>\n<intent name="billing">Invoices</intent>\n<intent name="shipping">Parcels</intent>\n<intent name="technical">Bugs</intent>\n<intent name="other">Rest</intent>\n</intents>',
    expected: four,
  },
  {
    style: 'XML with the list inside one tag',
    prompt: 'Choose a label from the list.\n<labels>billing, shipping, technical, other</labels>',
    expected: four,
  },
  {
    style: 'TypeScript union',
    prompt:
      'The answer is a value of this type:\n\n```ts\ntype Label = "billing" | "shipping" | "technical" | "other";\n```',
    expected: four,
  },
  {
    style: 'Python literal',
    prompt: 'label: Literal["billing", "shipping", "technical", "other"]',
    expected: four,
  },
  {
    style: 'JSON array',
    prompt: 'Allowed labels: ["billing", "shipping", "technical", "other"]\nReply with one of them.',
    expected: four,
  },
  {
    style: 'markdown table',
    prompt:
      'Pick a label.\n\n| Label | Meaning |\n|-------|---------|\n| billing | invoices and refunds |\n| shipping | parcels that got lost |\n| technical | bugs and crashes |\n| other | everything else |',
    expected: four,
  },
  {
    style: 'table with the label second',
    prompt:
      'Pick a label.\n\n| # | Label | Meaning |\n|---|---|---|\n| 1 | billing | invoices and refunds |\n| 2 | shipping | lost parcels |\n| 3 | technical | bugs |\n| 4 | other | rest |',
    expected: four,
  },
  {
    style: 'one label per line',
    prompt: 'Classify into one of these categories:\n\nbilling\nshipping\ntechnical\nother\n\nAnswer:',
    expected: four,
  },
  {
    style: 'lines label: description',
    prompt:
      'You label tickets.\n\nbilling: invoices and refunds\nshipping: lost parcels\ntechnical: bugs\nother: rest',
    expected: four,
  },
  {
    style: 'capitals',
    prompt: 'Possible values are BILLING, SHIPPING, TECHNICAL and OTHER.',
    expected: ['BILLING', 'OTHER', 'SHIPPING', 'TECHNICAL'],
  },
  {
    style: 'labels of several words',
    prompt: 'Departments:\n- Customer Support\n- Human Resources\n- Research and Development\n- Sales',
    expected: ['Customer Support', 'Human Resources', 'Research and Development', 'Sales'],
  },
  {
    style: 'rules beside the labels',
    prompt:
      'You label tickets.\n\nRules:\n- Never explain your answer.\n- Use lower case.\n- Prefer the most specific label.\n\nLabels:\n- billing\n- shipping\n- technical\n- other\n\nNotes:\n- Typos are normal.\n- Some tickets are empty.',
    expected: four,
  },
  {
    style: 'several enumerations in one prompt',
    prompt:
      'You support these products: Phone, Tablet, Watch, Laptop.\nCustomers write in English, German or French.\n\nChoose exactly one label: billing, shipping, technical, other.',
    expected: four,
  },
  {
    style: 'groups with bullets',
    prompt:
      'Pick one intent.\n\n## Money\n- billing\n- refund\n\n## Goods\n- shipping\n- returns\n\n## Rest\n- other',
    expected: ['billing', 'other', 'refund', 'returns', 'shipping'],
  },
  {
    style: 'a fallback outside the list',
    prompt: 'Labels:\n- billing\n- shipping\n- technical\n\nIf nothing fits, answer with `other`.',
    expected: four,
  },
  {
    style: 'regex characters',
    prompt: 'Labels:\n- c++\n- c#\n- .net\n- a.*b\n- f(x)\n- [core]\n- what?',
    expected: ['.net', '[core]', 'a.*b', 'c#', 'c++', 'f(x)', 'what?'],
  },
  {
    style: 'German',
    prompt:
      'Ordne die Nachricht genau einer Kategorie zu.\n\nKategorien:\n- rechnung\n- versand\n- technik\n- sonstiges',
    expected: ['rechnung', 'sonstiges', 'technik', 'versand'],
  },
  {
    style: 'Windows line ends',
    prompt: 'Labels:\r\n- billing\r\n- shipping\r\n- technical\r\n- other\r\n',
    expected: four,
  },
  {
    style: 'numbers as labels',
    prompt: 'Rate the review. Answer with one of: 1, 2, 3, 4, 5',
    expected: ['1', '2', '3', '4', '5'],
  },
  { style: 'yes or no', prompt: 'Is this message spam? Answer yes or no.', expected: ['no', 'yes'] },
  {
    style: 'nested descriptions',
    prompt:
      'Labels:\n- billing\n  - invoices of any kind\n  - refunds that are late\n- shipping\n  - lost parcels\n- technical\n  - bugs in the product\n- other\n  - the rest of it all',
    expected: four,
  },
  {
    style: 'names of several words after a colon',
    prompt:
      'Your task is to classify the customer support ticket into one of the following categories: Account Management, Technical Support, Billing, Feedback, General Inquiry.',
    expected: ['Account Management', 'Technical Support', 'Billing', 'Feedback', 'General Inquiry'],
  },
  {
    style: 'quoted numbers in a tag',
    prompt:
      'Classify the email.\n<categories>\n1. "Shipping delay"\n2. "Refund request"\n3. "Other"\n</categories>\nThink, then answer in <answer> tags.',
    expected: ['Shipping delay', 'Refund request', 'Other'],
  },
  {
    style: 'is a, b or c',
    prompt: 'Determine if the sentiment of the text is positive, negative, or neutral.',
    expected: ['positive', 'negative', 'neutral'],
  },
  {
    style: 'codes in parentheses',
    prompt: 'Return only the language code (en, fr, de).',
    expected: ['en', 'fr', 'de'],
  },
  {
    style: 'bullets behind tabs',
    prompt: 'Possible intents:\n\t• greet\n\t• bye\n\t• book_table',
    expected: ['greet', 'bye', 'book_table'],
  },
  {
    style: 'either A or B',
    prompt: 'You must respond with either APPROVE or REJECT.',
    expected: ['APPROVE', 'REJECT'],
  },
  {
    style: 'slashes with spaces',
    prompt: 'Labels (choose one): foo / bar / baz',
    expected: ['foo', 'bar', 'baz'],
  },
  { style: 'single letters', prompt: 'Output one token: A, B, C, or D.', expected: ['A', 'B', 'C', 'D'] },
  {
    style: 'brackets without quotes',
    prompt: 'Categories: [sports, politics, tech]',
    expected: ['sports', 'politics', 'tech'],
  },
  {
    style: 'backticks in a sentence',
    prompt: 'Classify the message as `spam` or `ham`.',
    expected: ['spam', 'ham'],
  },
  {
    style: 'YAML with names',
    prompt:
      'labels:\n  - name: billing\n    description: money things\n  - name: shipping\n    description: parcels\n  - name: other\n    description: the rest',
    expected: ['billing', 'shipping', 'other'],
  },
  {
    style: 'JSON objects with names',
    prompt:
      'Pick the best matching category and reply with its name.\n[{"name":"billing","description":"money"},{"name":"shipping","description":"parcels"},{"name":"other","description":"rest"}]',
    expected: ['billing', 'shipping', 'other'],
  },
  {
    style: 'examples of input and answer below',
    prompt:
      'Classify sentiment as positive or negative.\n\nText: I love it\nSentiment: positive\n\nText: I hate it\nSentiment: negative\n\nText: ',
    expected: ['positive', 'negative'],
  },
  {
    style: 'a list explained by sentences below',
    prompt:
      'Assign a priority to the ticket: P0, P1, P2 or P3.\n\nP0 means the site is down.\nP1 means many users are affected.',
    expected: ['P0', 'P1', 'P2', 'P3'],
  },
  {
    style: 'labels with a picture',
    prompt: 'Categories:\n- 💰 billing\n- 📦 shipping',
    expected: ['💰 billing', '📦 shipping'],
  },
  {
    style: 'letters in parentheses in a sentence',
    prompt: 'Classify into (a) billing, (b) shipping, or (c) other.',
    expected: ['billing', 'shipping', 'other'],
  },
  {
    style: 'guidelines first, labels with dashes and no bullets',
    prompt:
      'You are a content moderator. Review the post.\n\nGuidelines:\n- Be fair and consistent.\n- Consider context before deciding.\n\nRespond with exactly one word:\nALLOW - the post is fine\nREVIEW - a human should look\nREMOVE - the post breaks the rules',
    expected: ['ALLOW', 'REVIEW', 'REMOVE'],
  },
  {
    style: 'topics of which one has a slash',
    prompt:
      'You are an expert at tagging news. Tag the headline with one topic.\n\nTopics: World, Sports, Business, Sci/Tech\n\nHeadline:',
    expected: ['World', 'Sports', 'Business', 'Sci/Tech'],
  },
  {
    style: 'true or false',
    prompt: 'Does the text contain personal data? Respond with "true" or "false" only.',
    expected: ['true', 'false'],
  },
  {
    style: 'the word supported',
    prompt: 'Detect the language. Supported: English, Spanish, French. Answer with the name of the language.',
    expected: ['English', 'Spanish', 'French'],
  },
  {
    style: 'grades',
    prompt: 'Rate the answer with one of these grades: excellent, good, fair, poor. Do not explain.',
    expected: ['excellent', 'good', 'fair', 'poor'],
  },
  {
    style: 'an underlined heading and indented lines',
    prompt: 'Allowed labels\n==============\n\n    billing\n    shipping\n    other\n',
    expected: ['billing', 'shipping', 'other'],
  },
  {
    style: 'double dashes',
    prompt: 'Intent list --\n-- billing\n-- shipping\n-- other',
    expected: ['billing', 'shipping', 'other'],
  },
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

const noLabels: readonly { readonly why: string; readonly prompt: string }[] = [
  {
    why: 'plain assistant',
    prompt: 'You are a helpful assistant. Answer concisely, politely and in English.',
  },
  {
    why: 'a tutor',
    prompt:
      'You are a patient maths tutor. Work the problem out step by step in short sentences, then finish with a line of the form\nAnswer: <number>',
  },
  {
    why: 'rules only',
    prompt:
      'Summarise the article.\n\nRules:\n- Use at most three sentences.\n- Do not add opinions of your own.\n- Keep names and numbers as they are in the text.',
  },
  {
    why: 'steps',
    prompt:
      'Translate the text into French.\n\nSteps:\n1. Read the whole text first.\n2. Translate sentence by sentence.\n3. Check the grammar of the result.',
  },
  { why: 'an empty prompt', prompt: '' },
  { why: 'binary content', prompt: '\u0000\u0001\ufffd\u0002- \u0000\n- \u0001\n' },
];

for (const { why, prompt } of noLabels) {
  test(`declares no label where the prompt lists none: ${why}`, () => {
    assert.deepEqual(labels(prompt), []);
  });
}

test('labels are found in a task that looks like free text, where they hold the answers, and only there', () => {
  const prompt = 'Labels:\n- billing\n- shipping\n- technical\n- other';
  assert.deepEqual(labels(prompt, seen('free', { billing: 2, other: 1 })), four);
  assert.deepEqual(labels(prompt, seen('free', {})), []);
  assert.deepEqual(labels(prompt, seen('free', { 'dear customer, your parcel': 1 })), []);
});

const catalogue = `You route utterances for a phone assistant.

Pick the single best intent from the catalogue. Answer with one line of minified JSON and nothing else:
{"domain":"<domain>","intent":"<intent>","escalate":<true|false>}

- \`domain\` is the heading the intent is listed under.
- Set \`escalate\` to true only when the caller threatens self-harm.
- If nothing fits, use {"domain":"none","intent":"out_of_scope","escalate":false}.

# Catalogue
## banking
- balance
- transfer
## travel
- book_flight
- visa
- plug_type
## small_talk
- greeting`;

test('binds headings and bullets to the fields of a JSON answer, answers unseen', () => {
  assert.deepEqual(enums(catalogue, 'domain'), ['banking', 'none', 'small_talk', 'travel']);
  assert.deepEqual(enums(catalogue, 'intent'), [
    'balance',
    'book_flight',
    'greeting',
    'out_of_scope',
    'plug_type',
    'transfer',
    'visa',
  ]);
  assert.deepEqual(enums(catalogue, 'escalate'), ['false', 'true']);
});

test('binds lists to fields by the answers seen', () => {
  const fields = new Map([
    [
      'domain',
      new Map([
        ['banking', 10],
        ['travel', 4],
      ]),
    ],
    [
      'intent',
      new Map([
        ['balance', 10],
        ['visa', 4],
      ]),
    ],
    ['escalate', new Map([['false', 14]])],
  ]);
  const hint: AnswerHint = { kind: 'json', labels: new Map(), fields };
  assert.deepEqual(enums(catalogue, 'domain', hint), ['banking', 'none', 'small_talk', 'travel']);
  assert.equal(enums(catalogue, 'intent', hint).length, 7);
});

const jsonStyles: readonly {
  readonly style: string;
  readonly prompt: string;
  readonly field: string;
  readonly expected: readonly string[];
}[] = [
  {
    style: 'alternatives in the example',
    prompt: 'Reply in JSON: {"sentiment": "positive|negative|neutral", "reason": "..."}',
    field: 'sentiment',
    expected: ['negative', 'neutral', 'positive'],
  },
  {
    style: 'a union of quoted values',
    prompt: 'Return {"priority": "low" | "medium" | "high", "summary": string}',
    field: 'priority',
    expected: ['high', 'low', 'medium'],
  },
  {
    style: 'a TypeScript interface',
    prompt:
      'Answer with JSON of this type:\n```ts\ninterface Answer {\n  team: "sales" | "support" | "legal";\n  urgent: boolean;\n}\n```',
    field: 'team',
    expected: ['legal', 'sales', 'support'],
  },
  {
    style: 'field descriptions',
    prompt:
      'Answer with JSON: {"category": "...", "confidence": 0.9}\n\ncategory must be one of: billing, shipping, technical\nconfidence is a number between 0 and 1',
    field: 'category',
    expected: ['billing', 'shipping', 'technical'],
  },
  {
    style: 'a bullet per field',
    prompt:
      'Return a JSON object like {"category": "<category>", "language": "<language>"}.\n\n- `category`: one of "billing", "shipping", "technical"\n- `language`: one of "en", "de"',
    field: 'category',
    expected: ['billing', 'shipping', 'technical'],
  },
  {
    style: 'a list under the field name',
    prompt: 'Return {"intent": "<intent>"}.\n\nIntents:\n- book\n- cancel\n- change',
    field: 'intent',
    expected: ['book', 'cancel', 'change'],
  },
];

for (const { style, prompt, field, expected } of jsonStyles) {
  test(`finds the values of a JSON field: ${style}`, () => {
    assert.deepEqual(enums(prompt, field), expected);
  });
}

const schema: JsonObject = {
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['a', 'b'] },
    urgent: { type: 'boolean' },
    note: { type: 'string', description: 'One of the notes: x, y' },
    person: { $ref: '#/$defs/person' },
    tags: { type: 'array', items: { type: 'string', enum: ['red', 'green'] } },
    value: { anyOf: [{ type: 'null' }, { type: 'object', properties: { unit: { enum: ['m', 's'] } } }] },
  },
  required: ['kind', 'urgent'],
  $defs: {
    person: { type: 'object', properties: { name: { type: 'string' }, boss: { $ref: '#/$defs/person' } } },
  },
};

test('reads fields, enumerations, references and alternatives of a schema', () => {
  const format: OutputFormat = { kind: 'schema', name: 's', strict: true, schema };
  const ids = declaredOffers(version('Answer.', { format })).map((offer) => offer.id);
  for (const id of [
    'enum:kind=a',
    'enum:urgent=true',
    'enum:urgent=false',
    'field:note',
    'field:person.name',
    'enum:tags=green',
    'enum:value.unit=m',
  ])
    assert.ok(ids.includes(id), id);
  assert.ok(!ids.some((id) => id.startsWith('label:')));
  assert.equal(new Set(ids).size, ids.length);
});

test('reads tools, their arguments and the values of these', () => {
  const tools: ToolDefinition[] = [
    {
      name: 'lights.set',
      description: 'Switch lights.',
      hosted: false,
      parameters: {
        type: 'object',
        properties: { room: { type: 'string' }, mode: { enum: ['on', 'off'] }, dim: { type: 'boolean' } },
        required: ['room'],
      },
    },
    { name: 'ping', description: '', hosted: false, parameters: {} },
  ];
  const offers = declaredOffers(version('Call a tool.\n\nRooms:\n- kitchen\n- bath', { tools }), {
    ...noHint,
    kind: 'tools',
  });
  assert.deepEqual(offers.map((offer) => offer.id).sort(), [
    'argument:lights.set.dim',
    'argument:lights.set.mode',
    'argument:lights.set.room',
    'enum:lights.set.mode=off',
    'enum:lights.set.mode=on',
    'tool:lights.set',
    'tool:ping',
  ]);
});

test('reads ten thousand labels and prompts of 200 KB in bounded time', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => `label_${i}`);
  assert.equal(labels(`Labels:\n${many.map((label) => `- ${label}`).join('\n')}`).length, 10_000);
  assert.equal(labels(`Labels: ${many.join(', ')}`).length, 10_000);
  assert.equal(labels(`Pick one of these:\n\n${many.join('\n')}\n`).length, 10_000);
  const prose =
    'The quick brown fox jumps over the lazy dog, and then "some" words (or others) follow: a, b. '.repeat(
      2200,
    );
  labels(`${prose}\n\nLabels:\n- x\n- y\n- z`);
  labels('{'.repeat(100_000));
  labels('"'.repeat(100_000));
  labels('- '.repeat(100_000));
  labels('<a>'.repeat(60_000));
  labels('| '.repeat(100_000));
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{1,7}(_[a-z0-9]{1,6}){0,2}$/);
const writers: readonly ((labels: readonly string[]) => string)[] = [
  (l) => `Labels:\n${l.map((v) => `- ${v}`).join('\n')}`,
  (l) => `Choose one category:\n${l.map((v, i) => `${i + 1}. ${v}`).join('\n')}\n\nReply with the name.`,
  (l) => `Labels: ${l.join(', ')}. Reply with one label.`,
  (l) => `Allowed values: ${l.map((v) => JSON.stringify(v)).join(', ')}`,
  (l) => `Answer with one of: ${l.join(' | ')}`,
  (l) => `<intents>\n${l.map((v) => `<intent>${v}</intent>`).join('\n')}\n</intents>`,
  (l) => `Return ${l.map((v) => `'${v}'`).join(' | ')}`,
  (l) => `Categories:\n${l.map((v) => `* **${v}**: what it means, in words`).join('\n')}`,
  (l) =>
    `Pick a label.\n\n| Label | Meaning |\n|---|---|\n${l.map((v) => `| ${v} | something long enough |`).join('\n')}`,
];

test('finds any labels in any of these styles', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { minLength: 3, maxLength: 40 }),
      fc.integer({ min: 0, max: writers.length - 1 }),
      (values, style) => {
        assert.deepEqual(labels(`You sort messages.\n\n${writers[style]!(values)}`), [...values].sort());
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('a schema that refers to itself in many places ends', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const properties = Object.fromEntries(keys.map((key) => [key, { $ref: '#' }]));
  const format: OutputFormat = {
    kind: 'schema',
    name: 's',
    strict: true,
    schema: { type: 'object', properties },
  };
  const ids = declaredOffers(version('Answer.', { format })).map((offer) => offer.id);
  assert.ok(ids.length >= 6 && ids.length < 100, String(ids.length));
  const cross = Object.fromEntries(
    keys.map((key) => [
      key,
      { type: 'object', properties: Object.fromEntries(keys.map((k) => [k, { $ref: `#/$defs/${k}` }])) },
    ]),
  );
  const schema = { type: 'object', properties: { root: { $ref: '#/$defs/a' } }, $defs: cross };
  assert.ok(declaredOffers(version('', { format: { ...format, schema } })).length <= 50_000);
});
