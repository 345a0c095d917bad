import { isObject, type Json, parseJson } from '../../../src/base/json.ts';
import type { PredictionLine } from './replayRun.ts';
import type { TrafficLine, TruthLine } from './traffic.ts';

/** Test calls with what is known about them. A benchmark may know data sets and truth, the product does not. */

export interface Said {
  readonly text: string | null;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
}

/** One test line, as it was recorded. */
export interface Asked {
  /** Counted from 1. */
  readonly line: number;
  readonly input: string;
  readonly said: Said;
  /** The whole answer as one text: two calls agree where these are equal. */
  readonly whole: string;
  /** The label inside the answer that a classical peer would be trained on. */
  readonly label: string;
  /** A request that is none of the task's business. */
  readonly outside: boolean;
  /** The label of such a request; null where the task has none. */
  readonly outsideLabel: string | null;
  /** No learned call has this label. */
  readonly fresh: boolean;
  /** Place in the code and model asked: another edition is a prompt edit or a change of the teacher. */
  readonly edition: string;
}

/** What somebody answered to an asked call. */
export interface Judged {
  readonly asked: Asked;
  readonly confidence: number;
  readonly agree: boolean;
  readonly served: boolean;
  /** The student had an answer that it had to leave to the teacher, or none. */
  readonly withheld: boolean;
  readonly fields: Readonly<Record<string, boolean>>;
  /** The answer is that the request is none of the task's business. */
  readonly saidOutside: boolean;
}

/** What an answer calls a request that is none of its business. */
const outsideLabels: Readonly<Record<string, string>> = { clinc150: 'out_of_scope' };

/** Traffic that was resampled over time is judged on its newest fifth, as `replay --split time` does. */
export function splitOf(set: string): 'file' | 'time' {
  return set.endsWith('_zipf') ? 'time' : 'file';
}

/** Which lines (counted from 0) may be learned from. Lines are in order of time. */
export function isLearned(set: string, traffic: readonly TrafficLine[]): (i: number) => boolean {
  const cut = Math.floor(traffic.length * 0.8);
  return splitOf(set) === 'time' ? (i) => i < cut : (i) => traffic[i]?.split !== 'test';
}

export interface Exam {
  readonly learned: readonly Asked[];
  readonly test: readonly Asked[];
}

const answered = ['normal', 'dup', 'neardup'];

/**
 * Learned calls are answered ones of the task. Test calls are the official rows, each once; of traffic that was resampled
 * over time every answered call of its newest days.
 */
export function examOf(set: string, traffic: readonly TrafficLine[], truth: readonly TruthLine[]): Exam {
  const mayLearn = isLearned(set, traffic);
  const strip = boilerplateOf(traffic);
  const askedAt = (i: number, known: ReadonlySet<string> | null): Asked => {
    const said = answerOf(traffic[i]!);
    const label = labelOf(said);
    return {
      line: i + 1,
      input: strip(traffic[i]!),
      said,
      whole: wholeOf(said),
      label,
      outside: label === outsideLabels[set],
      outsideLabel: outsideLabels[set] ?? null,
      fresh: known !== null && !known.has(label),
      edition: editionOf(traffic[i]!),
    };
  };
  const lines = traffic.map((_, i) => i);
  const learned = lines
    .filter((i) => mayLearn(i) && answered.includes(truth[i]?.kind ?? ''))
    .map((i) => askedAt(i, null));
  const known = new Set(learned.map((asked) => asked.label));
  const counted = splitOf(set) === 'time' ? answered : ['normal'];
  const test = lines
    .filter((i) => !mayLearn(i) && counted.includes(truth[i]?.kind ?? ''))
    .map((i) => askedAt(i, known));
  return { learned, test };
}

/** Joins predictions with the asked calls by line. A call without a prediction counts as not answered. */
export function judge(exam: Exam, lines: readonly PredictionLine[]): Judged[] {
  const byLine = new Map(lines.map((line) => [line.line, line]));
  return exam.test.map((asked) => {
    const line = byLine.get(asked.line);
    const answer = line?.answer ?? null;
    const given: Said | null =
      answer === null ? null : { text: answer.text ?? null, calls: answer.toolCalls ?? [] };
    return {
      asked,
      confidence: answer === null ? 0 : (line?.confidence ?? 0),
      agree: line?.agree === true,
      served: line?.route === 'student',
      withheld: line?.reason === 'no-answer',
      fields: fieldsAgree(asked.said, given),
      saidOutside: given !== null && saysOutside(asked, given),
    };
  });
}

function editionOf({ site, request }: TrafficLine): string {
  return `${site} ${String(request['model'])}`;
}

/** Leaves out the lines of a message that most messages of its edition share: whoever wrote the prompt knows them. */
function boilerplateOf(traffic: readonly TrafficLine[]): (line: TrafficLine) => string {
  const editions = new Map<string, { n: number; readonly lines: Map<string, number> }>();
  for (const line of traffic) {
    const edition = editions.get(editionOf(line)) ?? { n: 0, lines: new Map<string, number>() };
    editions.set(editionOf(line), edition);
    edition.n++;
    for (const text of new Set(inputOf(line).split('\n')))
      edition.lines.set(text, (edition.lines.get(text) ?? 0) + 1);
  }
  return (line) => {
    const { n, lines } = editions.get(editionOf(line))!;
    const own = inputOf(line).split('\n');
    const rest = own.filter((text) => (lines.get(text) ?? 0) <= n / 2);
    return (rest.length === 0 ? own : rest).join('\n');
  };
}

function inputOf({ request }: TrafficLine): string {
  const messages = (request['messages'] ?? []) as { content: string | { text?: string }[] }[];
  const content = messages.at(-1)?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}

function answerOf({ response }: TrafficLine): Said {
  const body = response as {
    choices?: {
      message: { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] };
    }[];
    content?: { type: string; text?: string }[];
  };
  const message = body.choices?.[0]?.message;
  if (message !== undefined)
    return { text: message.content, calls: (message.tool_calls ?? []).map((call) => call.function) };
  const text = (body.content ?? []).map((part) => part.text ?? '').join('');
  return { text, calls: [] };
}

function wholeOf({ text, calls }: Said): string {
  return JSON.stringify([text ?? '', calls.map((call) => [call.name, call.arguments])]);
}

/** The answer behind `Asked.whole`. */
export function saidBy(whole: string): Said {
  const [text, calls] = JSON.parse(whole) as [string, [string, string][]];
  return { text, calls: calls.map(([name, args]) => ({ name, arguments: args })) };
}

/** Is this answer to an asked call that it is none of the task's business? */
export function saysOutside({ outsideLabel }: Asked, given: Said): boolean {
  return outsideLabel !== null && labelOf(given) === outsideLabel;
}

function labelOf({ text, calls }: Said): string {
  const [call] = calls;
  if (call !== undefined) {
    const system = (parseJson(call.arguments) as { system?: unknown } | undefined)?.system;
    return [...calls.map(({ name }) => name), ...(typeof system === 'string' ? [system] : [])].join('+');
  }
  const value = parseJson(text ?? '');
  if (!isObject(value)) return text ?? '';
  return String(value['fine'] ?? value['intent'] ?? JSON.stringify(value));
}

/** Which parts of a structured answer are right; empty for bare text. */
export function fieldsAgree(gold: Said, answer: Said | null): Record<string, boolean> {
  const [want, have] = [parseJson(gold.text ?? ''), parseJson(answer?.text ?? '')];
  if (isObject(want)) return compareFields(want, isObject(have) ? have : {}, '');
  const call = gold.calls[0];
  if (call === undefined) return {};
  const other = answer?.calls[0];
  const args = parseJson(call.arguments);
  const given = parseJson(other?.arguments ?? '');
  const same = other?.name === call.name;
  if (!isObject(args) || gold.calls.length > 1 || Object.keys(args).length > 6) return { tool: same };
  return { tool: same, ...compareFields(args, isObject(given) && same ? given : {}, 'arg.') };
}

type Fields = { readonly [key: string]: Json };

function compareFields(want: Fields, have: Fields, prefix: string): Record<string, boolean> {
  const entries = Object.entries(want);
  return Object.fromEntries(
    entries.map(([key, value]) => [prefix + key, JSON.stringify(value) === JSON.stringify(have[key])]),
  );
}
