import { isObject, type Json } from '../base/json.ts';
import type { Call } from '../traces/trace.ts';
import type { ChatRequest, ChatResponse } from '../wire/chat.ts';
import { answerText, countValues, jsonAnswer, labelOf } from './answers.ts';
import { doubtsPlainly, isProbe, isRefusal, soundsUnsure } from './refusal.ts';
import type { CallKind } from './task.ts';
import { wordCount } from './tokens.ts';

/** What answers of a task normally look like: deviations from it tell hedges and truncations from answers. */
export interface AnswerHabit {
  readonly form: 'tools' | 'json' | 'labels' | 'text';
  /** For `labels`: the labels seen at least twice or named in the prompt. */
  readonly labels: ReadonlySet<string>;
  readonly longestLabel: number;
  /** The prompt names nearly all labels that answers have. */
  readonly declared: boolean;
  /** For `text`: what nearly every answer's last line begins with ("Answer:"); '' for nothing. */
  readonly ending: string;
  /** Share of answers of the other form: text where tools are the habit. */
  readonly otherShare: number;
  /** Share of free-text answers that say that they cannot answer. */
  readonly unsureShare: number;
  /** Share of answers that ask or doubt in any way. */
  readonly askingShare: number;
  readonly medianWords: number;
  /** Many answers end at the low limit on their tokens with one of a few texts: the caller wants no more than these. */
  readonly cutShort: boolean;
}

/** Above this share, asking back or doubting is how this task talks, not a deviation. */
const HABITUAL = 0.05;
/** Above this share of asking and doubting answers the task is a conversation. */
const CONVERSATION = 0.3;
const LABEL_WORDS = 8;

/** Learns the habit from the answers of a task. @param instructions the prompt's constant text, for labels it names. */
export function answerHabit(calls: readonly Call[], instructions: string): AnswerHabit {
  const answered = calls.flatMap(({ request, response }) =>
    response === null ? [] : [{ request, response, text: answerText(response, request) }],
  );
  const cutShort = isCutOnPurpose(answered);
  const whole = answered.filter(
    ({ response, text }) => (cutShort || !isCut(response)) && !isDeclined(response, text),
  );
  const withTools = whole.filter(({ response }) => response.toolCalls.length > 0).length;
  const texts = whole.filter(({ response }) => response.toolCalls.length === 0).map(({ text }) => text);
  const json = texts.filter((text) => jsonAnswer(text) !== undefined).length;
  const words = texts.map(wordCount).sort((a, b) => a - b);
  const base = {
    labels: new Set<string>(),
    longestLabel: 0,
    declared: false,
    ending: commonEnding(texts),
    otherShare: 0,
    unsureShare: shareOf(texts, doubtsPlainly),
    askingShare: shareOf(texts, soundsUnsure),
    cutShort,
    medianWords: words[words.length >> 1] ?? 0,
  };
  if (withTools >= 0.5 * whole.length && withTools > 0)
    return { ...base, form: 'tools', otherShare: 1 - withTools / whole.length };
  if (json >= 0.5 * texts.length && json > 0) return { ...base, form: 'json' };
  const counts = countValues(texts.map(labelOf));
  const labels = new Set(
    counts
      .filter(({ value }) => value !== '' && wordCount(value) <= LABEL_WORDS && !value.includes('\n'))
      .filter(({ value, count }) => (count >= 2 && !soundsUnsure(value)) || namesLabel(instructions, value))
      .map(({ value }) => value),
  );
  const covered = counts.reduce((sum, { value, count }) => sum + (labels.has(value) ? count : 0), 0);
  if (covered < 0.8 * texts.length || covered === 0) return { ...base, form: 'text' };
  // A frequent hedge ("Could you clarify what you mean?") is no label: a label is short beside the others.
  const sizes = [...labels].map(wordCount).sort((a, b) => a - b);
  const named = counts.reduce(
    (sum, { value, count }) => sum + (namesLabel(instructions, value) ? count : 0),
    0,
  );
  return {
    ...base,
    form: 'labels',
    labels,
    longestLabel: sizes.at(-1) ?? 0,
    declared: named >= 0.9 * covered,
  };
}

/** More words than this are an answer that broke off. */
const CUT_WORDS = 6;
/** Whoever allows no more tokens than this wants no sentence; an API may ask for at least sixteen. */
const FEW_TOKENS = 16;
/** Share of answers that are cut: fewer are mishaps. */
const OFTEN_CUT = 0.2;

function isCutOnPurpose(
  answered: readonly {
    readonly request: ChatRequest;
    readonly response: ChatResponse;
    readonly text: string;
  }[],
): boolean {
  const cut = answered.filter(({ response }) => isCut(response));
  if (cut.length < OFTEN_CUT * answered.length || cut.length < 10) return false;
  if (cut.filter(({ text }) => wordCount(text) <= CUT_WORDS).length < 0.9 * cut.length) return false;
  if (cut.length >= 0.9 * answered.length) return true;
  const low = cut.filter(({ request }) => (request.sampling.maxTokens ?? FEW_TOKENS + 1) <= FEW_TOKENS);
  const again = countValues(low.map(({ text }) => text)).filter(({ count }) => count >= 2);
  return again.reduce((sum, { count }) => sum + count, 0) >= 0.9 * cut.length;
}

/** The label that opens the last line of nearly every answer. */
function commonEnding(texts: readonly string[]): string {
  const openings = countValues(texts.map((text) => /(?:^|\n)([^\n:]{2,30}:)[^\n]*$/u.exec(text)?.[1] ?? ''));
  const first = openings[0];
  return first !== undefined && first.value !== '' && first.count >= 0.95 * texts.length ? first.value : '';
}

function shareOf(texts: readonly string[], test: (text: string) => boolean): number {
  return texts.filter(test).length / Math.max(1, texts.length);
}

/** Does the prompt name this value as a word of its own? */
export function namesLabel(instructions: string, value: string): boolean {
  if (value === '') return false;
  for (let at = instructions.indexOf(value); at >= 0; at = instructions.indexOf(value, at + 1)) {
    const before = instructions[at - 1] ?? ' ';
    const after = instructions[at + value.length] ?? ' ';
    if (!/[\p{L}\p{N}_]/u.test(before) && !/[\p{L}\p{N}_]/u.test(after)) return true;
  }
  return false;
}

/** What became of one call of a task. @param input the main slot's text. */
export function kindOfCall(call: Call, input: string, habit: AnswerHabit): CallKind {
  const { response } = call;
  if (response === null) return isFiltered(call.trace.response) ? 'refusal' : 'error';
  if (response.finish === 'error') return 'error';
  const text = answerText(response, call.request);
  if (isDeclined(response, text)) return 'refusal';
  if (isProbe(input)) return 'probe';
  return deviation(response, text, habit);
}

/** Azure refuses a prompt with an error status: the filter's name is its code. */
function isFiltered(body: Json | null): boolean {
  const error = isObject(body) ? body['error'] : null;
  return isObject(error) && error['code'] === 'content_filter';
}

function isDeclined(response: ChatResponse, text: string): boolean {
  if (response.refusal !== null || response.finish === 'refusal' || response.finish === 'content-filter')
    return true;
  return response.toolCalls.length === 0 && isRefusal(text);
}

function deviation(response: ChatResponse, text: string, habit: AnswerHabit): CallKind {
  const cut = isCut(response) && !habit.cutShort;
  switch (habit.form) {
    case 'tools': {
      const broken = response.toolCalls.some((toolCall) => toolCall.parsed === null);
      if (response.toolCalls.length > 0) return cut && broken ? 'truncated' : 'normal';
      if (cut) return 'truncated';
      const asks = /\?\s*$/u.test(text) || soundsUnsure(text);
      return asks && habit.otherShare < HABITUAL ? 'hedge' : 'normal';
    }
    case 'json': {
      if (jsonAnswer(text) !== undefined) return 'normal';
      const bare = /^\s*(?:```[a-z]*\s*)?[{[]/u.test(text);
      return cut && (bare || !soundsUnsure(text)) ? 'truncated' : 'hedge';
    }
    case 'labels':
      return labelDeviation(text, cut, habit);
    case 'text': {
      if (cut) return 'truncated';
      const asksAnyway = habit.unsureShare >= HABITUAL || habit.askingShare >= CONVERSATION;
      const short = wordCount(text) <= Math.max(20, 0.7 * habit.medianWords);
      if (habit.ending !== '' && !text.includes(habit.ending))
        return short || soundsUnsure(text) ? 'hedge' : 'normal';
      return short && !asksAnyway && doubtsPlainly(text) ? 'hedge' : 'normal';
    }
  }
}

function labelDeviation(text: string, cut: boolean, habit: AnswerHabit): CallKind {
  const value = labelOf(text);
  if (habit.labels.has(value)) return 'normal';
  const parts = value.split(/\s*[,;|\n]\s*/u);
  if (parts.length > 1 && parts.every((part) => habit.labels.has(part))) return 'normal';
  if (soundsUnsure(text)) return 'hedge';
  // A known label with something around it: "Intent: balance", "spam\n\nThe message ...".
  const lead = parts[0] ?? '';
  const tail = /^[^:]{1,30}:\s*(.+)$/su.exec(value)?.[1] ?? '';
  const bracketed = value.replace(/\s*\(.*\)$/su, '');
  if (
    habit.labels.has(lead) ||
    habit.labels.has(tail) ||
    (bracketed !== value && habit.labels.has(bracketed))
  )
    return 'hedge';
  if (cut) return 'truncated';
  // Two labels, or a label among words where the prompt allows labels only.
  const inside = labelsInside(value, habit.labels);
  if (inside >= 2 || (inside === 1 && habit.declared)) return 'hedge';
  return wordCount(value) > Math.max(LABEL_WORDS / 2, habit.longestLabel + 2) ? 'hedge' : 'normal';
}

/** How many known labels stand in a text as words of their own, up to two. */
function labelsInside(text: string, labels: ReadonlySet<string>): number {
  let found = 0;
  if (text.length > 1000) return 0;
  for (const label of labels) {
    if (label.length > 1 && text.length > label.length && namesLabel(text, label) && ++found === 2) break;
  }
  return found;
}

function isCut(response: ChatResponse): boolean {
  return response.finish === 'length';
}
