import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { doubtsPlainly, isProbe, isRefusal } from '../../src/tasks/refusal.ts';
import type { CallKind } from '../../src/tasks/task.ts';
import { type CallSpec, makeCall, START, sentence, stream, tool } from './support/calls.ts';

/** What odd answers are taken for in a task whose other calls are as `usual` says. */
function check(usual: (i: number) => CallSpec, odd: readonly (readonly [CallSpec, CallKind])[]): void {
  const calls = stream('usual', 200, (random, i) => ({ user: `Text: ${sentence(random)}`, ...usual(i) }));
  const oddCalls = odd.map(([spec], i) =>
    makeCall({ user: `Text: odd one ${'x'.repeat(i)}`, ...usual(0), ...spec, at: START + i * 1000 }),
  );
  const { assigned, unassigned } = discoverTasks([...calls, ...oddCalls]);
  const kinds = new Map(
    [...assigned, ...unassigned].map(({ call, assignment }) => [call.trace.id, assignment.kind]),
  );
  odd.forEach(([spec, kind], i) => {
    assert.equal(kinds.get(oddCalls[i]!.trace.id), kind, JSON.stringify(spec));
  });
  for (const call of calls) assert.equal(kinds.get(call.trace.id), 'normal');
}

const system = 'Sort the text into one of: sports, politics, science, art.';
const topics = ['sports', 'politics', 'science', 'art'];

test('answers around a label are hedges, half labels are truncated', () => {
  check(
    (i) => ({ system, answer: topics[i % 4]! }),
    [
      [{ answer: 'I think this is art, but it could also be science.' }, 'hedge'],
      [{ answer: 'Topic: art' }, 'hedge'],
      [{ answer: 'art (low confidence)' }, 'hedge'],
      [{ answer: 'art\n\nThe text speaks of a painting' }, 'hedge'],
      [{ answer: 'Could you say what you mean?' }, 'hedge'],
      [{ answer: 'art or science' }, 'hedge'],
      [{ answer: 'The label is art' }, 'hedge'],
      [{ answer: '**art**' }, 'normal'],
      [{ answer: 'poli', finish: 'length' }, 'truncated'],
      [{ answer: 'art', finish: 'length' }, 'normal'],
      [{ answer: 'weather' }, 'normal'],
      [{ answer: "I'm sorry, but I can't assist with that request." }, 'refusal'],
      [{ answer: "I'm sorry, but I can't assist wi", finish: 'length' }, 'refusal'],
      [{ answer: null, refusal: 'No.' }, 'refusal'],
      [{ answer: '', finish: 'content-filter' }, 'refusal'],
      [{ answer: null, status: 503 }, 'error'],
    ],
  );
});

test('prose before JSON is a hedge, half JSON is truncated', () => {
  check(
    (i) => ({ system, answer: `{"topic": "${topics[i % 4]}"}` }),
    [
      [{ answer: 'It could be either. Best guess:\n{"topic": "art"}' }, 'hedge'],
      [{ answer: 'I need more context to tell.' }, 'hedge'],
      [{ answer: '```json\n{"topic": "art"}\n```' }, 'normal'],
      [{ answer: '{"topic": "a', finish: 'length' }, 'truncated'],
      [{ answer: 'I cannot help with this.' }, 'refusal'],
    ],
  );
});

test('a question instead of a tool call is a hedge where tools are the rule', () => {
  check(
    (i) => ({ system, tools: [tool('file')], toolCalls: [['file', { under: topics[i % 4]! }]] }),
    [
      [{ toolCalls: [], answer: 'Under which year?' }, 'hedge'],
      [{ toolCalls: [], answer: 'Nothing to file here.' }, 'normal'],
      [{ toolCalls: [], answer: '[["file",{"under":', finish: 'length' }, 'truncated'],
      [{ toolCalls: [], answer: 'I am unable to assist with that.' }, 'refusal'],
    ],
  );
});

test('a short answer full of doubt is a hedge among long ones', () => {
  check(
    (i) => ({
      system: 'Explain the text to a child in a few sentences.',
      answer: `${'It means that the old things are new again. '.repeat(4)}${i}`,
    }),
    [
      [{ answer: "The text leaves out some information, so I can't give one answer." }, 'hedge'],
      [{ answer: 'It means that the', finish: 'length' }, 'truncated'],
    ],
  );
});

test('an answer without the line that all others end with is a hedge', () => {
  check(
    (i) => ({
      system: 'Solve the problem, then give the result.',
      answer: `${'First add, then halve. '.repeat(6)}\nResult: ${i}`,
    }),
    [
      [{ answer: 'There is no solution to speak of.' }, 'hedge'],
      [{ answer: `${'First add, then halve. '.repeat(6)}\nResult: none` }, 'normal'],
    ],
  );
});

test('asking back is normal where the teacher always does', () => {
  check(
    (i) => ({
      system: 'Interview the user about the text, one question at a time.',
      answer: `Could you tell me more about point ${i}?`,
    }),
    [[{ answer: 'Could you clarify what you mean?' }, 'normal']],
  );
});

test('probes are told from short inputs', () => {
  for (const text of [
    'test',
    'Testing 1 2 3',
    'asdfgh',
    'qwerty',
    '...',
    'foo bar',
    'x',
    'lorem ipsum dolor',
    'does this work?',
    'hey hey hey',
  ])
    assert.ok(isProbe(text), text);
  for (const text of [
    'yes',
    'no',
    'hi',
    'thanks',
    'hello there',
    'cancel my test drive',
    'testing strategy for parsers',
    '42',
    'ok',
    'were',
    'New York, New York',
    '',
  ])
    assert.ok(!isProbe(text), text);
});

test('a probe through the real site stays out of the task', () => {
  const calls = stream('site', 60, (random, i) => ({
    system,
    user: i === 30 ? 'asdfgh' : sentence(random),
    answer: topics[random.int(4)]!,
  }));
  const { unassigned, tasks } = discoverTasks(calls);
  assert.deepEqual(
    unassigned.map(({ assignment }) => assignment.kind),
    ['probe'],
  );
  assert.equal(tasks.length, 1);
});

test('refusals are known in several languages, and by their opening only', () => {
  for (const text of [
    'I’m sorry, but I cannot help with that.',
    'Sorry, I am not able to provide this.',
    'I must decline to answer that',
    'Es tut mir leid, dabei kann ich leider nicht helfen.',
    'Lo siento, pero no puedo ayudar con eso.',
    "As an AI language model, I can't share personal data.",
  ])
    assert.ok(isRefusal(text), text);
  for (const text of [
    "I'm sorry to hear that! Your refund is on its way.",
    'Sorry for the delay, the parcel arrives today.',
    "The clerk said: I'm sorry, but I can't assist.",
    'I can assist with that.',
    "I can't tell whether",
  ])
    assert.ok(!isRefusal(text), text);
});

test('refusals are told in other languages, and thanks, regrets and plain answers are none', () => {
  const refusals = [
    'Es tut mir leid, aber dabei kann ich Ihnen leider nicht helfen.',
    'Ich kann diese Anfrage nicht beantworten.',
    'Je suis désolé, mais je ne peux pas vous aider avec cette demande.',
    'Lo siento, pero no puedo ayudarte con eso.',
    'Mi dispiace, ma non posso fornire questo tipo di contenuto.',
    'Desculpe, mas não posso ajudar com esse pedido.',
    'Het spijt me, maar ik kan u hier niet mee helpen.',
    'Przykro mi, ale nie mogę w tym pomóc.',
    'Omlouvám se, ale s tímto nemohu pomoci.',
    'Tyvärr kan jag inte hjälpa till med det.',
    'Valitettavasti en voi auttaa tässä asiassa.',
    'Sajnálom, de ebben nem tudok segíteni.',
    'Îmi pare rău, dar nu pot să te ajut cu asta.',
    'Λυπάμαι, αλλά δεν μπορώ να βοηθήσω με αυτό.',
    'Извините, но я не могу помочь с этим запросом.',
    'На жаль, я не можу допомогти з цим запитом.',
    'Üzgünüm, bu konuda yardımcı olamam.',
    '很抱歉,我无法提供这方面的帮助。',
    '抱歉,我無法協助處理這個請求。',
    '申し訳ございませんが、そのご要望にはお応えできません。',
    '죄송합니다. 그 요청은 도와드릴 수 없습니다.',
  ];
  for (const text of refusals) assert.ok(isRefusal(text), text);
  const answers = [
    'Es tut mir leid, dass Ihr Paket zu spät kam. Wir haben es heute verschickt.',
    'Désolé pour le retard, votre colis arrive demain matin.',
    'Lo siento por la espera; su pedido ya salió.',
    '抱歉让您久等了,您的订单已经发出。',
    'ご不便をおかけして申し訳ございません。本日発送いたしました。',
    'Kündigung',
    '无法开机',
    'no puedo entrar en mi cuenta',
  ];
  for (const text of answers) assert.ok(!isRefusal(text), text);
  for (const text of [
    'Das lässt sich nicht sagen.',
    '请提供更多信息。',
    'Podría aclarar la pregunta?',
    'もう少し詳しく教えてください。',
  ])
    assert.ok(doubtsPlainly(text), text);
  for (const text of ['Die Lieferung ist da.', '物流', '肯定']) assert.ok(!doubtsPlainly(text), text);
});

test('a prompt that a filter turned down is a refusal, whatever the status', () => {
  const calls = stream('filtered', 40, (random) => ({ system, user: sentence(random), answer: 'art' }));
  const odd = makeCall({ system, user: 'odd', at: START, status: 400 });
  const filtered = { ...odd, trace: { ...odd.trace, response: { error: { code: 'content_filter' } } } };
  const { assigned } = discoverTasks([...calls, filtered]);
  const kind = assigned.find(({ call }) => call.trace.id === odd.trace.id)?.assignment.kind;
  assert.equal(kind, 'refusal');
});

test('answers that a limit always cuts after a label are whole, and other cut ones are not', () => {
  check(
    (i) => ({ system, answer: `${topics[i % 4]!}\n\nThe`, finish: 'length' }),
    [[{ answer: null, status: 503 }, 'error']],
  );
  const calls = stream('cut', 60, (random) => ({
    system: 'Summarise the text.',
    user: `Text: ${sentence(random)}`,
    answer: `${sentence(random)} ${sentence(random)}`,
    finish: 'length' as const,
  }));
  const { assigned, unassigned } = discoverTasks(calls);
  for (const { assignment } of [...assigned, ...unassigned]) assert.equal(assignment.kind, 'truncated');
});

test('labels of which a low limit cuts some are all whole, and a rare cut one is not', () => {
  const cutAt = (label: string) =>
    label.length > 6
      ? { answer: label.slice(0, 6), finish: 'length' as const, maxTokens: 2 }
      : { answer: label, maxTokens: 2 };
  check((i) => ({ system, ...cutAt(topics[i % 4]!) }), [[{ answer: null, status: 503 }, 'error']]);
});
