import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../src/base/error.ts';
import type { Json } from '../../src/base/json.ts';
import { createRandom } from '../../src/base/random.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { createRedactor, previewRedaction, redactionKey } from '../../src/traces/redact.ts';
import { isCard, isIban } from '../../src/traces/redaction/personal.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';

/** Random characters that always hold a digit and letters, as the real ones practically always do. */
function characters(seed: number, alphabet: string, length: number): string {
  const random = createRandom(seed);
  const text = Array.from({ length }, () => alphabet[random.int(alphabet.length)]);
  for (const [i, part] of [digits, alphabet.replace(/\d/g, '')].entries())
    if ([...part].every((c) => alphabet.includes(c)) && part !== '') text[i] = part[random.int(part.length)]!;
  return text.join('');
}

const alphanumeric = letters + digits;
const hex = '0123456789abcdef';
/** Kind -> a secret of its shape, made from a seed. None is or was anybody's. */
const secrets: Readonly<Record<string, (seed: number) => string>> = {
  openai: (s) => `sk-proj-${characters(s, `${alphanumeric}_-`, 74)}`,
  openaiOld: (s) => `sk-${characters(s, alphanumeric, 20)}T3BlbkFJ${characters(s + 1, alphanumeric, 20)}`,
  anthropic: (s) => `sk-ant-api03-${characters(s, `${alphanumeric}_-`, 93)}AA`,
  openrouter: (s) => `sk-or-v1-${characters(s, hex, 64)}`,
  google: (s) => `AIza${characters(s, `${alphanumeric}_-`, 35)}`,
  groq: (s) => `gsk_${characters(s, alphanumeric, 52)}`,
  xai: (s) => `xai-${characters(s, alphanumeric, 80)}`,
  huggingface: (s) => `hf_${characters(s, alphanumeric, 34)}`,
  replicate: (s) => `r8_${characters(s, alphanumeric, 37)}`,
  perplexity: (s) => `pplx-${characters(s, alphanumeric, 48)}`,
  langsmith: (s) => `lsv2_pt_${characters(s, hex, 32)}_${characters(s + 1, hex, 10)}`,
  aws: (s) => `AKIA${characters(s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
  github: (s) => `ghp_${characters(s, alphanumeric, 36)}`,
  githubFine: (s) => `github_pat_${characters(s, `${alphanumeric}_`, 82)}`,
  gitlab: (s) => `glpat-${characters(s, alphanumeric, 20)}`,
  slack: (s) =>
    `xoxb-${characters(s, digits, 12)}-${characters(s + 1, digits, 12)}-${characters(s + 2, alphanumeric, 24)}`,
  stripe: (s) => `sk_live_${characters(s, alphanumeric, 24)}`,
  sendgrid: (s) => `SG.${characters(s, alphanumeric, 22)}.${characters(s + 1, alphanumeric, 43)}`,
  npm: (s) => `npm_${characters(s, alphanumeric, 36)}`,
  databricks: (s) => `dapi${characters(s, hex, 32)}`,
  jwt: (s) =>
    `eyJ${characters(s, alphanumeric, 30)}.eyJ${characters(s + 1, alphanumeric, 60)}.${characters(s + 2, alphanumeric, 43)}`,
  privateKey: (s) =>
    `-----BEGIN RSA PRIVATE KEY-----\n${characters(s, alphanumeric, 64)}\n${characters(s + 1, alphanumeric, 64)}\n-----END RSA PRIVATE KEY-----`,
};

/** Where a secret can stand in a text. */
const frames: readonly ((secret: string) => string)[] = [
  (s) => s,
  (s) => `my key is ${s}, thanks`,
  (s) => `KEY=${s}\nNEXT=1`,
  (s) => `{"key":"${s.replaceAll('\n', '\\n')}","n":1}`,
  (s) => `"${s}"`,
  (s) => `Schlüssel – ${s} 🙂`,
  (s) => `first line\n${s}\nlast line`,
  (s) => `curl -H 'Authorization: Bearer ${s}' https://example.com`,
  (s) => `https://example.com/?key=${s}&x=1`,
  (s) => `(${s})`,
];

const unicode = (text: string): string =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** What a secret may be disguised as in a text that is neither JSON nor a URL. */
const disguises: readonly ((secret: string) => string)[] = [
  (s) => `the log says {"k":"${unicode(s)}"} and no more`,
  (s) => `half of it: "${unicode(s.slice(0, 3))}${s.slice(3)}"`,
  (s) => `see https://example.com/?k=${encodeURIComponent(s)}&x=1`,
  (s) => `password: ${Buffer.from(s).toString('base64')}`,
  (s) => `data:\n  key: ${Buffer.from(s).toString('base64url')}\n`,
];

test('no secret survives in the spelling of JSON, of URLs or of base64', () => {
  const redactor = createRedactor({ key: 'test' });
  const spelled = (text: string): string[] => [
    text,
    JSON.stringify(unicode(text)).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64url').slice(0, -2),
    Buffer.from(text).toString('base64').slice(0, -4),
  ];
  for (const [kind, make] of Object.entries(secrets)) {
    if (kind === 'privateKey') continue; // Its lines are apart.
    for (const [i, disguise] of disguises.entries()) {
      const secret = make(i);
      const content = disguise(secret);
      const stored = redactor.redact(makeTrace('a', { request: { messages: [{ role: 'user', content }] } }));
      const text = JSON.stringify(stored);
      for (const form of spelled(secret)) assert.ok(!text.includes(form), `${kind} ${i}: ${text}`);
      assert.match(text, /<[a-z-]+:[0-9a-f]{4}>/);
    }
  }
  const plain = `100%25 of caf\\u00e9 %2Fpath%2Fto%2Fsomething-long-enough ${Buffer.from('an ordinary sentence, nothing else').toString('base64')}`;
  const trace = makeTrace('a', { request: { messages: [{ role: 'user', content: plain }] } });
  assert.deepEqual(redactor.redact(trace), trace);
});

test('log probabilities do not tell a secret token by token', () => {
  const redactor = createRedactor({ key: 'test' });
  const secret = secrets['openai']!(1);
  const words = [...`Take ${secret} and go`.matchAll(/.{1,3}/gs)].map(([token]) => token);
  const token = (text: string) => ({
    token: text,
    logprob: -0.5,
    bytes: [...Buffer.from(text)],
    top_logprobs: [{ token: text, logprob: -0.5, bytes: null }],
  });
  const chosen = words.map((text) => ({ token: text, tokenId: 1, logProbability: -0.5 }));
  const topCandidates = chosen.map((candidate) => ({ candidates: [candidate] }));
  for (const response of [
    { choices: [{ message: { content: '' }, logprobs: { content: words.map(token) } }] },
    { output: [{ content: [{ type: 'output_text', text: '', logprobs: words.map(token) }] }] },
    { candidates: [{ logprobsResult: { chosenCandidates: chosen, topCandidates } }] },
    { message: { content: '' }, logprobs: words.map(token) },
  ] as readonly Json[]) {
    const text = JSON.stringify(redactor.redact(makeTrace('a', { response })).response);
    const said = [...text.matchAll(/"token":"([^"]*)"/g)].map(([, said]) => said).join('');
    assert.ok(!said.includes(secret.slice(8, 16)), said);
    assert.match(said, /Take/);
    assert.match(text, /<api-key:[0-9a-f]{4}>/);
    assert.ok(!text.includes(String([...Buffer.from(secret.slice(20, 23))])), 'nor by its bytes');
  }
  const harmless = makeTrace('a', { response: { logprobs: ['a', ' b', ' c'].map(token) } });
  assert.deepEqual(redactor.redact(harmless), harmless);
});

/** The parts of a secret that must be nowhere: its longest runs without line ends. */
const cores = (secret: string): string[] =>
  secret.split('\n').filter((part) => part.length >= 16 && !part.startsWith('-----'));

/** Puts a text into one of the places of a trace where a text can be. */
const places: readonly ((text: string) => Trace)[] = [
  (text) => makeTrace('a', { request: { model: 'm', messages: [{ role: 'user', content: text }] } }),
  (text) => makeTrace('a', { request: { messages: [{ role: 'user', content: [{ type: 'text', text }] }] } }),
  (text) =>
    makeTrace('a', {
      response: {
        choices: [
          {
            message: {
              content: null,
              tool_calls: [
                { function: { name: 'f', arguments: JSON.stringify({ value: text, n: [1, text] }) } },
              ],
            },
          },
        ],
      },
    }),
  (text) =>
    makeTrace('a', { response: { error: { message: `Incorrect API key provided: ${text}` } }, status: 401 }),
  (text) => makeTrace('a', { request: { metadata: { [text]: 'value' } } }),
  (text) => makeTrace('a', { path: `/v1/models?key=${encodeURIComponent(text)}` }),
  (text) => makeTrace('a', { site: text }),
  (text) => makeTrace('a', { incomplete: text }),
  (text) => makeTrace('a', { pinnedTask: text }),
  (text) => makeTrace('a', { headers: { authorization: text, 'user-agent': text, 'x-custom': text } }),
  (text) =>
    makeTrace('a', {
      route: {
        taskId: 't',
        version: 1,
        reason: 'served',
        answer: { text, toolCalls: [{ name: 'f', arguments: `{"a":${JSON.stringify(text)}}` }] },
        confidence: 1,
        bucket: null,
        studentMs: 1,
        audit: null,
      },
    }),
];

test('no credential reaches disk or log', async (t) => {
  const folder = temporaryFolder(t);
  const said: string[] = [];
  const log = {
    info: (m: string) => said.push(m),
    warn: (m: string) => said.push(m),
    error: (m: string) => said.push(m),
  };
  const journal = await openJournal(folder, { maintenanceMs: 0, log });
  const planted: string[] = [];
  let seed = 1;
  for (const make of Object.values(secrets)) {
    for (const place of places) {
      const secret = make(seed++);
      planted.push(...cores(secret));
      await journal.append(place(frames[seed % frames.length]!(secret)));
    }
  }
  const { traces } = await readAll(folder);
  assert.equal(traces.length, Object.keys(secrets).length * places.length);
  const stored = JSON.stringify(traces) + said.join('\n');
  assert.deepEqual(
    planted.filter((core) => stored.includes(core)),
    [],
  );
  await journal.close();
});

test('no secret of a known shape survives in any place and any frame', () => {
  const redactor = createRedactor({ key: 'test' });
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(secrets)),
      fc.nat(1_000_000),
      fc.constantFrom(...frames),
      fc.constantFrom(...places),
      (kind, seed, frame, place) => {
        const secret = secrets[kind]!(seed);
        const stored = JSON.stringify(redactor.redact(place(frame(secret))));
        for (const core of cores(secret)) assert.ok(!stored.includes(core), `${kind} in ${stored}`);
      },
    ),
    { numRuns: 1500 },
  );
});

test('redaction keeps every structure, and JSON inside a text stays JSON', () => {
  const redactor = createRedactor({
    emails: true,
    phones: true,
    cards: true,
    ibans: true,
    patterns: [{ name: 'quoted', pattern: '"[a-c]+"' }],
  });
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(value, fc.constantFrom(...Object.values(secrets)), fc.nat(10_000), (json, make, seed) => {
      const inner = JSON.stringify({ a: json, 'x-key': make(seed), mail: `u${seed}@example.com`, b: 'abc' });
      const request = { messages: [{ role: 'user', content: inner }], extra: json as Json };
      const redacted = redactor.redact(makeTrace('a', { request })).request as typeof request;
      const said = JSON.parse(redacted.messages[0]!.content) as Record<string, unknown>;
      assert.equal(Object.keys(said).length, 4);
      assert.ok(!JSON.stringify(said).includes(`u${seed}@example.com`));
      assert.deepEqual(shapeOf(redacted.extra), shapeOf(json));
      JSON.parse(JSON.stringify(redacted));
    }),
    { numRuns: 300 },
  );
});

/** A value with its texts left out; a long number may be a card's, and then is a text. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'number' && value >= 1e7) return 'text';
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(shapeOf);
  // JSON knows no negative zero.
  return value === 0 ? 0 : value;
}

test('ordinary language, code and identifiers pass unchanged', () => {
  const redactor = createRedactor();
  const texts = [
    'Please check whether the task-management-system-overview page mentions ingredient_substitution.',
    'The password is something you choose; a token: the smallest unit of text. API key: ask your administrator.',
    'key: international_fees\nsecret: keep it between us\ntoken: positive',
    'sk-learn, sklearn.linear_model.LogisticRegression and risk-adjusted-return-on-capital-employed',
    'Meeting at 2026-11-02T14:30:00.000Z in room 12-34-56, order 4929-1234, commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    'https://example.com/a/very/long/path/with-many-words-in-it?page=2&sort=asc#fragment',
    'Basic understanding of internationalization; Bearer of good news',
    '{"token": "Hello", "logprob": -0.12}',
    'call 550e8400-e29b-41d4-a716-446655440000 and req_011CSHoEeqs5C35K2UUqR7Fy',
  ];
  for (const text of texts) {
    const trace = makeTrace('a', { request: { messages: [{ role: 'user', content: text }] } });
    assert.deepEqual(redactor.redact(trace), trace);
  }
});

test('passwords and tokens are found by what stands before them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['postgres://admin:s3cr3tpw@db.example.com/main', 's3cr3tpw'],
    ['password: hunter2!', 'hunter2!'],
    ["PASSWORD='c0rrecthorse'", 'c0rrecthorse'],
    ['{"password":"Tr0ub4dor&3"}', 'Tr0ub4dor&3'],
    ['{\\"api_key\\":\\"a8f5f167f44f4964e6c998de\\"}', 'a8f5f167f44f4964e6c998de'],
    ['api_key = "Zx81kQp07LmN42rT"', 'Zx81kQp07LmN42rT'],
    [
      'aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzT9aQ4LmKe',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzT9aQ4LmKe',
    ],
    ['Authorization: Bearer 8Jk2hG6fD1sA9qWe7rTy', '8Jk2hG6fD1sA9qWe7rTy'],
    ['authToken: Zx81kQp07LmN42rTbY65', 'Zx81kQp07LmN42rTbY65'],
  ];
  const redactor = createRedactor();
  for (const [content, secret] of cases) {
    const request = { messages: [{ role: 'user', content }] };
    const stored = JSON.stringify(redactor.redact(makeTrace('a', { request })));
    assert.ok(!stored.includes(secret), stored);
  }
});

test('a secret that one place gives away is replaced in all places, by the same placeholder', () => {
  const request = { messages: [{ role: 'user', content: 'log in as admin with Str0ng-Enough' }] };
  const call = { function: { name: 'login', arguments: '{"user":"admin","password":"Str0ng-Enough"}' } };
  const response = { choices: [{ message: { content: null, tool_calls: [call] } }] };
  const stored = createRedactor().redact(makeTrace('a', { request, response }));
  const placeholders = JSON.stringify(stored).match(/<[a-z-]+:[0-9a-f]{4}>/g) ?? [];
  assert.ok(!JSON.stringify(stored).includes('Str0ng-Enough'));
  assert.equal(placeholders.length, 2);
  assert.equal(new Set(placeholders).size, 1);
});

test('personal data goes when the user asks for it, with stable placeholders', () => {
  const content =
    'Mail jane.doe+x@mail.example.co.uk or +49 (30) 1234-5678; card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00.';
  const trace = makeTrace('a', { request: { messages: [{ role: 'user', content }] } });
  assert.deepEqual(createRedactor().redact(trace), trace);
  const all = { emails: true, phones: true, cards: true, ibans: true, key: 'k' };
  const read = (settings: object): string => {
    const stored = createRedactor(settings).redact(trace).request as { messages: { content: string }[] };
    return stored.messages[0]!.content;
  };
  const text = read(all);
  assert.match(
    text,
    /^Mail <email:[0-9a-f]{4}> or <phone:[0-9a-f]{4}>; card <card:[0-9a-f]{4}>, IBAN <iban:[0-9a-f]{4}>\.$/,
  );
  assert.equal(read(all), text, 'the same in the same workspace');
  assert.notEqual(read({ ...all, key: 'other' }), text, 'another one elsewhere');
});

test('digits that fail their check are no card and no account number', () => {
  assert.ok(isCard('4111111111111111') && isCard('378282246310005'));
  assert.ok(!isCard('4111111111111112') && !isCard('411111111111'));
  assert.ok(isIban('DE89370400440532013000') && isIban('GB82WEST12345698765432'));
  assert.ok(!isIban('DE88370400440532013000'));
  const content =
    'order 4111 1111 1111 1112, ref DE88370400440532013000, 2026-11-02, 10:30, 192.168.10.22, 1795306204635';
  const trace = makeTrace('a', { request: { messages: [{ role: 'user', content }] } });
  assert.deepEqual(createRedactor({ cards: true, ibans: true, phones: true }).redact(trace), trace);
});

test("the user's own patterns are applied, and a bad one is refused by name", () => {
  const patterns = [{ name: 'ticket', pattern: 'TCK-\\d+' }];
  const request = { messages: [{ role: 'user', content: 'see TCK-4711' }] };
  const stored = JSON.stringify(createRedactor({ patterns }).redact(makeTrace('a', { request })));
  assert.match(stored, /see <ticket:[0-9a-f]{4}>/);
  assert.throws(
    () => createRedactor({ patterns: [{ name: 'broken', pattern: '(' }] }),
    (error) => error instanceof AppError && error.code === 'bad-input' && error.message.includes('broken'),
  );
});

test('headers off the allow-list and credentials in the query are not kept', () => {
  const stored = createRedactor().redact(
    makeTrace('a', {
      path: '/v1beta/models/gemini:generateContent?key=abc123&alt=sse&X-Amz-Signature=ff00&api-version=1',
      headers: {
        Authorization: 'Bearer x',
        'x-api-key': 'y',
        cookie: 'z',
        'content-type': 'application/json',
        'User-Agent': 'sdk/1',
      },
    }),
  );
  assert.deepEqual(stored.headers, { 'content-type': 'application/json', 'User-Agent': 'sdk/1' });
  assert.match(
    stored.path,
    /\?key=<key:[0-9a-f]{4}>&alt=sse&X-Amz-Signature=<key:[0-9a-f]{4}>&api-version=1$/,
  );
});

test('a body that is nested without end is cut, not a crash', () => {
  let nested: unknown = 'sk-ant-api03-0123456789012345678901234567890';
  for (let i = 0; i < 5000; i++) nested = [nested];
  const stored = JSON.stringify(
    createRedactor().redact(makeTrace('a', { request: { nested: nested as never } })),
  );
  assert.ok(stored.includes('<nested too deep>'));
  assert.ok(!stored.includes('sk-ant'));
});

test('card numbers and secrets that are numbers go too, also in the JSON of a tool call', () => {
  const fields = {
    card: 4111111111111111,
    other: [5555555555554444],
    order: 4111111111111112,
    pin: 12,
    password: 123456,
  };
  const call = { function: { name: 'pay', arguments: JSON.stringify(fields) } };
  const trace = makeTrace('a', {
    request: { ...fields, created: 1790000000, at: 1790000000123 },
    response: { choices: [{ message: { tool_calls: [call] } }] },
  });
  const stored = createRedactor({ cards: true }).redact(trace);
  const text = JSON.stringify(stored);
  assert.ok(!/4111111111111111|5555555555554444|123456\b/.test(text), text);
  assert.match(text, /"order":4111111111111112,"pin":12/);
  assert.match(text, /"created":1790000000,"at":1790000000123/);
  const [first, ...others] = text.match(/<card:[0-9a-f]{4}>/g) ?? [];
  assert.equal(others.filter((other) => other === first).length, 1, 'stable');
  // Without its last digits a card's check cannot be made.
  const long = createRedactor({ cards: true }).redact(
    makeTrace('a', { request: { card: 6304000000000000000 } }),
  );
  assert.match(JSON.stringify(long.request), /<card:/);
});

test('a secret that lies across the events of a broken stream is in none of them', () => {
  const redactor = createRedactor({ emails: true, key: 'k' });
  const event = (delta: object): string =>
    `data: ${JSON.stringify({ id: 'c1', choices: [{ index: 0, delta }] })}`;
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(secrets)),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 12 }),
      (kind, seed, size) => {
        const secret = secrets[kind]!(seed);
        const said = `Your key: ${secret} and mail jane@example.com is known.`;
        const pieces = said.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        for (const make of [
          (content: string) => ({ content }),
          (text: string) => ({ tool_calls: [{ function: { arguments: text } }] }),
        ]) {
          const lines = pieces.map((piece) => event(make(piece)));
          const stream = `${lines.join('\n\n')}\n\ndata: {"id":"c1","choices":[{"delta":{"content":"sk-ant-api03-01234`;
          const { response } = redactor.redact(
            makeTrace('a', { response: stream, incomplete: 'upstream reset' }),
          );
          const kept = String(response)
            .split('\n')
            .map((line) => /(?:content|arguments)":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '')
            .join('')
            .replaceAll('\\n', '\n');
          for (const core of cores(secret))
            assert.ok(!kept.includes(core.slice(0, 16)), `${kind} in ${kept}`);
          assert.ok(!kept.includes('jane@example.com'), kept);
          assert.ok(!String(response).includes('sk-ant-api03-01234'), 'the cut line');
          assert.match(kept, /Your key: .*is known\./s);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('so is one across the lines of newline-delimited JSON, of an array, and between bare carriage returns', () => {
  const secret = secrets['google']!(9);
  const pieces = ['The key: ', secret.slice(0, 12), secret.slice(12, 30), secret.slice(30), ' is yours.'];
  const gemini = pieces.map((text) => ({ candidates: [{ content: { parts: [{ text }] } }] }));
  const ollama = pieces.map((content) => JSON.stringify({ message: { content }, done: false }));
  const events = pieces.map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}`);
  const half = secret.slice(0, 20);
  for (const stream of [
    `[${gemini.map((object) => JSON.stringify(object, null, 2)).join('\n,\r\n')}\n,\r\n{"candidates": [{"content": "${half}`,
    `${ollama.join('\n')}\n{"message":{"content":"${half}`,
    `${events.join('\r\r')}\r\rdata: {"choices":[{"delta":{"content":"${half}`,
  ]) {
    const { response } = createRedactor().redact(makeTrace('a', { response: stream, incomplete: 'cut' }));
    const kept = String(response);
    for (const part of [secret.slice(0, 12), secret.slice(12, 30), half])
      assert.ok(!kept.includes(part), kept);
    assert.match(kept, /The key: .*<google-key:[0-9a-f]{4}>.* is yours\./s);
  }
});

test('a stream that breaks off in the middle of a key keeps no half of it', () => {
  const half = secrets['google']!(5).slice(0, 22);
  const stream = [`The key is ${half.slice(0, 9)}`, half.slice(9)]
    .map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
    .join('');
  for (const response of [stream, `{"content":"The key is ${half}`]) {
    const stored = createRedactor().redact(makeTrace('a', { response, incomplete: 'upstream reset' }));
    assert.ok(!String(stored.response).includes(half.slice(9)), String(stored.response));
    assert.match(String(stored.response), /The key is <cut>/);
  }
});

test('media are stored by hash and size', () => {
  const url = `data:image/png;base64,${Buffer.alloc(3000, 7).toString('base64')}`;
  const request = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
  const stored = JSON.stringify(createRedactor().redact(makeTrace('a', { request })));
  assert.ok(stored.length < 1500 && stored.includes('bytes=3000'));
});

test('a preview tells what would be replaced where, and stores what redaction stores', () => {
  const trace = makeTrace('a', {
    headers: { cookie: 'session' },
    request: { messages: [{ role: 'user', content: 'mail a@example.com' }], api_key: 'abcdefgh' },
  });
  const { stored, replaced } = previewRedaction(trace, { emails: true, key: 'k' });
  assert.deepEqual(stored, createRedactor({ emails: true, key: 'k' }).redact(trace));
  assert.deepEqual(replaced.map(({ where, rule }) => `${where} ${rule}`).sort(), [
    'headers.cookie header',
    'request.api_key secret',
    'request.messages.content email',
  ]);
});

test("a folder's key is made once and kept", async (t) => {
  const folder = temporaryFolder(t);
  const keys = await Promise.all([redactionKey(folder), redactionKey(folder)]);
  assert.equal(keys[0], keys[1]);
  assert.equal(await redactionKey(folder), keys[0]);
  assert.match(keys[0]!, /^[0-9a-f]{64}$/);
});
