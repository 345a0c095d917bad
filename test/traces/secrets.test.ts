import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/base/json.ts';
import { createRandom } from '../../src/base/random.ts';
import { createRedactor } from '../../src/traces/redact.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { makeTrace } from './sample.ts';

/** Token formats as their issuers write them, filled with random characters: none is or was anybody's. */

const alphabets = {
  // Letters and digits, base64url, base64, hex, base32, digits.
  n: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  u: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  b: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  h: '0123456789abcdef',
  A: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  d: '0123456789',
};

/** `{n20}` stands for 20 random characters of the alphabet `n`, the secret part of a text. */
const formats: Readonly<Record<string, string>> = {
  'AWS access key': 'AKIA{A16}',
  'AWS temporary key': 'ASIA{A16}',
  'AWS secret key': 'aws_secret_access_key = {b40}',
  'AWS session token': 'AWS_SESSION_TOKEN={b200}',
  'Google API key': 'AIza{u35}',
  'Google OAuth token': 'ya29.{u100}',
  'Google client secret': 'GOCSPX-{u28}',
  'Google service account':
    '"private_key": "-----BEGIN PRIVATE KEY-----\\n{b64}\\n-----END PRIVATE KEY-----\\n"',
  'Azure storage connection':
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey={b86}==;EndpointSuffix=x',
  'Azure service bus': 'Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey={b43}=',
  'Azure shared access signature':
    'https://a.blob.core.windows.net/c?sv=2022-11-02&ss=b&sig={n43}%3D&se=2026',
  'Azure client secret': 'x8Q~{n34}'.replace('x', 'abc'),
  'Azure OpenAI key': 'api-key: {h32}',
  'GitHub token': 'ghp_{n36}',
  'GitHub OAuth token': 'gho_{n36}',
  'GitHub fine-grained token': 'github_pat_{n22}_{n59}',
  'GitHub token in a URL': 'https://bob:ghp_{n36}@github.com/x/y.git',
  'GitLab token': 'glpat-{u20}',
  'Slack bot token': 'xoxb-{d12}-{d13}-{n24}',
  'Slack app token': 'xapp-1-A{A10}-{d13}-{h64}',
  'Slack webhook': 'https://hooks.slack.com/services/T{A9}/B{A9}/{n24}',
  'Stripe live key': 'sk_live_{n99}',
  'Stripe restricted key': 'rk_live_{n99}',
  'Stripe webhook secret': 'whsec_{n32}',
  'OpenAI project key': 'sk-proj-{u74}T3BlbkFJ{u74}',
  'OpenAI old key': 'sk-{n20}T3BlbkFJ{n20}',
  'OpenAI service account': 'sk-svcacct-{u120}',
  'OpenAI session': 'sess-{n40}',
  'Anthropic key': 'sk-ant-api03-{u93}AA',
  'Anthropic OAuth token': 'sk-ant-oat01-{u93}AA',
  'DeepSeek key': 'sk-{h32}',
  'OpenRouter key': 'sk-or-v1-{h64}',
  'Groq key': 'gsk_{n52}',
  'xAI key': 'xai-{n80}',
  'Mistral key': 'MISTRAL_API_KEY={n32}',
  'Cohere key': 'COHERE_API_KEY="{n40}"',
  'Ollama key': 'OLLAMA_API_KEY={h32}.{u24}',
  'Hugging Face token': 'hf_{n34}',
  'Replicate token': 'r8_{n37}',
  'Perplexity key': 'pplx-{n48}',
  'ElevenLabs key': 'sk_{h48}',
  'Langfuse key': 'sk-lf-{h8}-{h4}-{h4}-{h4}-{h12}',
  'Pinecone key': 'pcsk_{n70}',
  'JSON web token': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{n40}.{u43}',
  'RSA key': '-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b40}==\n-----END RSA PRIVATE KEY-----',
  'OpenSSH key': '-----BEGIN OPENSSH PRIVATE KEY-----\n{b70}\n{b70}\n-----END OPENSSH PRIVATE KEY-----',
  'PGP key':
    '-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n{b64}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----',
  'age key': 'AGE-SECRET-KEY-1{A58}',
  'PostgreSQL URL': 'postgresql://app:{n16}@db.internal:5432/prod',
  'MongoDB URL': 'mongodb+srv://svc:{n20}@cluster0.ab1cd.example.net/?w=majority',
  'Redis URL': 'redis://:{n32}@cache:6379/0',
  'AMQP URL': 'amqps://u:{n14}@mq/vh',
  'SQL Server connection': 'Server=tcp:x;User ID=u;Password={n14};Encrypt=true',
  'JDBC URL': 'jdbc:postgresql://h/d?user=u&password={n14}',
  'npm token': '//registry.example.com/:_authToken=npm_{n36}',
  'npm legacy token': '//registry.example.com/:_authToken={h8}-{h4}-{h4}-{h4}-{h12}',
  'PyPI token': 'pypi-AgEIcHlwaS5vcmc{u140}',
  'Docker login': '{"auths":{"ghcr.example":{"auth":"{b40}"}}}',
  'netrc entry': 'machine api.example.com login bob password {n14}',
  'Twilio auth token': 'auth_token: {h32}',
  'SendGrid key': 'SG.{u22}.{u43}',
  'Mailchimp key': '{h32}-us12',
  'Telegram bot token': '123456789:AA{u33}',
  'Discord bot token': 'MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.{u27}',
  'Discord webhook': 'https://discord.com/api/webhooks/{d18}/{u68}',
  'Shopify token': 'shpat_{h32}',
  'DigitalOcean token': 'dop_v1_{h64}',
  'Databricks token': 'dapi{h32}',
  'Vault token': 'hvs.{u95}',
  'Linear key': 'lin_api_{n40}',
  'Notion key': 'secret_{n43}',
  'Figma token': 'figd_{u40}',
  'Atlassian token': 'ATATT3xFfGF0{u180}',
  'Sentry token': 'sntrys_{b100}',
  'Airtable token': 'pat{n14}.{h64}',
  'Cloudflare token': 'CLOUDFLARE_API_TOKEN={u40}',
  'Heroku key': 'HEROKU_API_KEY={h8}-{h4}-4{h3}-a{h3}-{h12}',
  'Algolia key': 'ALGOLIA_ADMIN_KEY={h32}',
  'CircleCI token': 'CCIPAT_{n22}_{h40}',
  'Okta token': 'SSWS 00{u40}',
  'Supabase key': 'sbp_{h40}',
  'Firebase key': 'AAAA{u7}:APA91b{u134}',
  'Bearer header': 'Authorization: Bearer {n40}',
  'Basic header': 'Authorization: Basic {n28}==',
  'cookie header': 'Cookie: theme=light; session={n40}',
  'set-cookie header': 'Set-Cookie: sid={n32}; Path=/',
  'Django secret': "SECRET_KEY = 'django-insecure-{n50}'",
  'Rails secret': 'export SECRET_KEY_BASE={h128}',
  'YAML password': 'db_password: {n14}',
  'command line password': 'deploy --password {n14}',
  'command line token': 'deploy --token={n30}',
  'mysql password': 'mysql -u root -p{n14} shop',
  'curl user': "curl -s -u 'bob:{n14}' https://example.com",
};

/** A text of the format, and its secret parts that are long enough to be looked for. */
function make(template: string, seed: number): { text: string; secrets: string[] } {
  const random = createRandom(seed);
  const secrets: string[] = [];
  const text = template.replace(/\{([nubhAd])(\d+)\}/g, (_, kind: keyof typeof alphabets, length: string) => {
    const alphabet = alphabets[kind];
    const characters = Array.from({ length: Number(length) }, () => alphabet[random.int(alphabet.length)]);
    // Real ones practically always hold a digit and a letter, and base64 does not end in the middle of nothing.
    characters[1] = '7';
    if (kind !== 'd') characters[2] = kind === 'A' ? 'K' : 'b';
    const part = characters.join('').replace(/[^A-Za-z0-9]$/, '0');
    if (part.length >= 9) secrets.push(part);
    return part;
  });
  return { text, secrets };
}

const user = (content: string): Trace =>
  makeTrace('a', { request: { model: 'm', messages: [{ role: 'user', content }] } });
const call = (args: string): Trace =>
  makeTrace('a', {
    response: { choices: [{ message: { tool_calls: [{ function: { name: 'f', arguments: args } }] } }] },
  });

/** Places of a call, and how a text stands there. */
const places: Readonly<Record<string, (text: string) => Trace>> = {
  'a prompt': (text) => user(`Please use ${text} now.`),
  'a quote in a prompt': (text) => user(`It says "${text}".`),
  "a tool's arguments": (text) => call(JSON.stringify({ command: `run ${text} now`, n: 1 })),
  "JSON inside a tool's arguments": (text) => call(JSON.stringify({ body: JSON.stringify({ text }) })),
  'an error message': (text) =>
    makeTrace('a', { response: { error: { message: `Incorrect: ${text}.` } }, status: 401 }),
  'a reason': (text) => makeTrace('a', { incomplete: `the upstream said ${text}` }),
  'a query': (text) => makeTrace('a', { path: `/v1/x?alt=sse&q=${encodeURIComponent(text)}` }),
  'a query with pluses': (text) =>
    makeTrace('a', { path: `/v1/x?q=${encodeURIComponent(text).replaceAll('%20', '+')}` }),
};

for (const [place, put] of Object.entries(places)) {
  test(`no known token format survives in ${place}`, () => {
    const redactor = createRedactor({ key: 'k' });
    const survived: string[] = [];
    for (const [name, template] of Object.entries(formats)) {
      for (let seed = 1; seed <= 5; seed++) {
        const { text, secrets } = make(template, seed);
        assert.ok(secrets.length > 0, name);
        const stored = JSON.stringify(redactor.redact(put(text)));
        for (const secret of secrets)
          if (stored.includes(secret) || stored.includes(encodeURIComponent(secret)))
            survived.push(`${name} ${seed}`);
      }
    }
    assert.deepEqual(survived, []);
  });
}

test('a secret has the same placeholder in every place of every trace, and others have others', () => {
  const redactor = createRedactor({ key: 'k' });
  const { text } = make(formats['Stripe live key']!, 1);
  const other = make(formats['Stripe live key']!, 2).text;
  const found = Object.values(places).flatMap(
    (put) => JSON.stringify(redactor.redact(put(text))).match(/<stripe-key:[0-9a-f]{4}>/g) ?? [],
  );
  assert.equal(found.length, Object.keys(places).length);
  assert.equal(new Set(found).size, 1);
  assert.ok(!JSON.stringify(redactor.redact(user(other))).includes(found[0]!));
});

/** Two neighbouring texts of a call, in the formats of the providers. */
const neighbours: Readonly<Record<string, (one: string, two: string) => Json>> = {
  'parts of a message': (one, two) => ({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: one },
          { type: 'text', text: two },
        ],
      },
    ],
  }),
  messages: (one, two) => ({
    messages: [
      { role: 'user', content: one },
      { role: 'user', content: [{ type: 'text', text: two }] },
    ],
  }),
  'items of an input': (one, two) => ({
    input: [
      { role: 'user', content: [{ type: 'input_text', text: one }] },
      { role: 'user', content: [{ type: 'input_text', text: two }] },
    ],
  }),
  "parts of Gemini's": (one, two) => ({ contents: [{ parts: [{ text: one }, { text: two }] }] }),
};

for (const [kind, put] of Object.entries(neighbours)) {
  test(`no secret survives that is cut anywhere across two ${kind}`, () => {
    const redactor = createRedactor({ key: 'k' });
    const survived: string[] = [];
    for (const [name, template] of Object.entries(formats)) {
      const { text, secrets } = make(template, 7);
      const before = `Please use ${text}`;
      for (let at = 1; at < before.length; at++) {
        const request = put(before.slice(0, at), `${before.slice(at)} now.`);
        const stored = JSON.stringify(redactor.redact(makeTrace('a', { request })).request);
        if (secrets.some((secret) => survives(secret, stored))) survived.push(`${name} at ${at}: ${stored}`);
      }
    }
    assert.deepEqual(survived, []);
  });
}

function survives(secret: string, stored: string, characters = 9): boolean {
  for (let i = 0; i + characters <= secret.length; i++)
    if (stored.includes(secret.slice(i, i + characters))) return true;
  return false;
}

test('a private key is taken out whole, cut anywhere, though what follows is no part of it', () => {
  const redactor = createRedactor({ key: 'k' });
  const random = createRandom(3);
  const line = (): string => Array.from({ length: 64 }, () => alphabets.b[random.int(64)]).join('');
  const lines = Array.from({ length: 12 }, line);
  const key = ['-----BEGIN RSA PRIVATE KEY-----', ...lines, 'dGhlIGVuZA==', '-----END RSA PRIVATE KEY-----'];
  const text = `My key: ${key.join('\n')}\nWhat's wrong with it?`;
  const survived: string[] = [];
  const check = (name: string, request: Json, characters = 9): void => {
    const stored = JSON.stringify(redactor.redact(makeTrace('a', { request })).request);
    assert.ok(stored.includes('My key: '), name);
    if (lines.some((part) => survives(part, stored, characters)) || stored.includes('dGhlIGVuZA'))
      survived.push(name);
  };
  for (let at = 8; at < text.length - 22; at++) {
    for (const [kind, put] of Object.entries(neighbours))
      check(`${kind}, ${at}`, put(text.slice(0, at), text.slice(at)));
    // The other part is elsewhere, or lost: the beginning of a line may be any word.
    const cut = `${text.slice(0, at)} it's cut`;
    if (at < text.indexOf('dGhl')) check(`beginning, ${at}`, { prompt: cut }, 16);
  }
  // Every line a message of its own.
  check('lines', { messages: text.split(/(?<=\n)/).map((content) => ({ role: 'user', content })) });
  const end = key.slice(4).join('\n');
  check('end', { system: 'My key: ', messages: [{ role: 'user', content: `${end}\nWhat is that?` }] });
  assert.deepEqual(survived, []);
});
