// A small application that calls two language models through their official clients. It knows nothing of Understudy:
// where the calls go is decided by OPENAI_BASE_URL and ANTHROPIC_BASE_URL, as in any other program.
//
//   node app.mjs [--calls 600] [--from 0] [--concurrency 8]
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const from = option('from', 0);
const count = option('calls', 600);
const concurrency = option('concurrency', 8);

const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? 'sample-key' });
const anthropic = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY ?? 'sample-key' });

const SUPPORT = `You route messages of a bank's customers to the right queue.

Answer with exactly one queue name and nothing else. If none fits, answer out_of_scope.

Queues:
- account_blocked
- application_status
- apr
- balance
- bill_balance
- bill_due
- card_declined
- credit_limit
- credit_limit_change
- credit_score
- damaged_card
- expiration_date
- freeze_account
- improve_credit_score
- interest_rate
- international_fees
- min_payment
- new_card
- order_checks
- pay_bill
- pin_change
- redeem_rewards
- replacement_card_duration
- report_fraud
- report_lost_card
- rewards_balance
- routing
- spending_history
- transactions
- transfer
- out_of_scope`;

const VOICE = `You understand what people say to a home assistant.

Answer with one line of JSON and nothing else: {"intent":"<intent>","domain":"<domain>"}

intent is one of: AddToPlaylist, BookRestaurant, GetWeather, PlayMusic, RateBook, SearchCreativeWork, SearchScreeningEvent, SetAlarm
domain is one of: music, food, weather, books, media, cinema, clock`;

const TUTOR =
  'You are a patient maths tutor. Work the problem out step by step in short sentences, then finish with a line of the form\nAnswer: <number>';

async function support(text, i) {
  const request = {
    model: 'gpt-4o',
    temperature: 0,
    messages: [
      { role: 'system', content: SUPPORT },
      { role: 'user', content: text },
    ],
  };
  if (i % 10 !== 0) return (await openai.chat.completions.create(request)).choices[0].message.content;
  let answer = '';
  for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) {
    answer += chunk.choices[0]?.delta?.content ?? '';
  }
  return answer;
}

async function voice(text) {
  const message = await anthropic.messages.create({
    model: 'claude-sonnet-4-6',
    max_tokens: 64,
    system: VOICE,
    messages: [{ role: 'user', content: text }],
  });
  return message.content[0].text;
}

async function tutor(text) {
  const completion = await openai.chat.completions.create({
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: TUTOR },
      { role: 'user', content: text },
    ],
  });
  return completion.choices[0].message.content;
}

const tasks = { support, voice, tutor };
const requests = gunzipSync(readFileSync(new URL('requests.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

let next = 0;
let done = 0;
let failed = 0;
const started = performance.now();

async function lane() {
  while (next < count) {
    const i = next++;
    const { task, input } = requests[(from + i) % requests.length];
    try {
      await tasks[task](input, i);
    } catch (error) {
      failed++;
      if (failed <= 3) console.error(`call ${i} (${task}) failed: ${error.message}`);
    }
    done++;
    if (process.send) process.send({ done, failed });
    else if (done % 100 === 0) console.log(`${done} of ${count} calls`);
  }
}

await Promise.all(Array.from({ length: concurrency }, lane));
const seconds = ((performance.now() - started) / 1000).toFixed(1);
if (process.send) process.disconnect();
else console.log(`${done} calls in ${seconds} s, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
