import type { JsonObject } from '../base/json.ts';
import type { Call } from '../traces/trace.ts';
import type { ChatRequest, ChatResponse } from '../wire/chat.ts';
import { alignTexts } from './align.ts';
import { answerText, countValues, jsonAnswer, labelOf, unseenMass } from './answers.ts';
import { spread } from './family.ts';
import { type JsonSample, profileFields } from './jsonFields.ts';
import { namesLabel } from './kinds.ts';
import type { OutputShape, ToolProfile, ValueCount } from './task.ts';
import { lastUser, turnText } from './template.ts';
import { median } from './timeline.ts';
import { wordCount } from './tokens.ts';

/** Good-Turing share of unseen answers up to which a label set counts as closed, and as a set at all. */
const CLOSED = 0.01;
const OPEN = 0.05;
/** Labels listed. */
const LISTED = 20_000;

interface Answered {
  readonly request: ChatRequest;
  readonly response: ChatResponse;
}

/**
 * What the answers of a task look like. First match wins: tool calls, JSON, a label, several labels, a label and then
 * text, text from a template, free text.
 * @param calls normal calls of one task: hedges, refusals and truncated answers left out.
 */
export function inferOutputShape(calls: readonly Call[]): OutputShape {
  const answered = calls.flatMap(({ request, response }) =>
    response === null ? [] : [{ request, response }],
  );
  if (answered.length === 0) return { kind: 'text', reason: 'no answer yet' };
  const withTools = answered.filter(({ response }) => response.toolCalls.length > 0).length;
  if (withTools >= 0.5 * answered.length) return toolShape(answered, withTools);
  const texts = answered.map(({ request, response }) => answerText(response, request));
  return (
    jsonShape(answered, texts) ??
    labelShape(texts, instructions(answered)) ??
    multiLabelShape(texts) ??
    labelThenText(texts) ??
    templateText(texts) ??
    ownText(answered, texts)
  );
}

/** The constant part of the prompt is not known here: the longest system text of a few calls is a fair stand-in. */
function instructions(answered: readonly Answered[]): string {
  const texts = spread(answered, 5).map(({ request }) => request.messages.map(turnText).join('\n'));
  return texts.reduce((a, b) => (b.length > a.length ? b : a), '');
}

function inputText(request: ChatRequest): string {
  const last = request.messages[lastUser(request.messages)];
  return last === undefined ? '' : turnText(last);
}

function toolShape(answered: readonly Answered[], withTools: number): OutputShape {
  const byTool = new Map<string, JsonSample[]>();
  const schemas = new Map<string, JsonObject>();
  let parallel = 0;
  for (const { request, response } of answered) {
    if (response.toolCalls.length > 1) parallel++;
    for (const { name, parsed } of response.toolCalls) {
      const samples = byTool.get(name) ?? [];
      byTool.set(name, samples);
      if (parsed !== null) samples.push({ value: parsed, input: inputText(request) });
      if (!schemas.has(name)) {
        const tool = request.tools.find((candidate) => candidate.name === name);
        if (tool !== undefined) schemas.set(name, tool.parameters);
      }
    }
  }
  const tools: ToolProfile[] = [...byTool]
    .map(([name, samples]) => ({
      name,
      calls: samples.length,
      fields: profileFields(samples, schemas.get(name) ?? null),
    }))
    .sort((a, b) => b.calls - a.calls);
  return {
    kind: 'tools',
    tools,
    noneShare: 1 - withTools / answered.length,
    parallelShare: parallel / answered.length,
  };
}

function jsonShape(answered: readonly Answered[], texts: readonly string[]): OutputShape | null {
  const samples: JsonSample[] = [];
  texts.forEach((text, i) => {
    const value = jsonAnswer(text);
    if (value !== undefined) samples.push({ value, input: inputText(answered[i]!.request) });
  });
  if (samples.length < 0.95 * texts.length || samples.length === 0) return null;
  const format = answered.at(-1)!.request.outputFormat;
  const schema = format.kind === 'schema' ? format.schema : null;
  return { kind: 'json', fields: profileFields(samples, schema), schema };
}

/**
 * Short answers that repeat. Either the prompt names them, or so few were seen only once that (Good-Turing) at most one
 * answer in twenty will be a new one.
 */
function labelShape(texts: readonly string[], prompt: string): OutputShape | null {
  const counts = countValues(texts.map(labelOf));
  const n = texts.length;
  if (n < 10 || median(texts.map(wordCount)) > 8) return null;
  if (counts.some(({ value, count }) => value.length > 200 && count > 0.01 * n)) return null;
  const named =
    counts.reduce((sum, { value, count }) => sum + (namesLabel(prompt, value) ? count : 0), 0) / n;
  const unseen = unseenMass(counts);
  const few = counts.length <= n / 2 && unseen <= OPEN;
  if (!few && !(named >= 0.98 && counts.length <= n / 2)) return null;
  return { kind: 'labels', values: listed(counts), closed: unseen <= CLOSED || named >= 0.99 };
}

function listed(counts: readonly ValueCount[]): readonly ValueCount[] {
  return counts.slice(0, LISTED);
}

const separators = [', ', ',', '; ', ';', ' | ', '|', '\n'];

/** Lists of labels in one line or one per line. */
function multiLabelShape(texts: readonly string[]): OutputShape | null {
  const n = texts.length;
  if (n < 10) return null;
  for (const separator of separators) {
    const several = texts.filter((text) => text.includes(separator)).length;
    if (several < 0.1 * n) continue;
    const parts = texts.flatMap((text) => text.split(separator).map(labelOf)).filter((part) => part !== '');
    const counts = countValues(parts);
    const long = parts.filter((part) => wordCount(part) > 5).length;
    // A line that nearly every answer has is a letter's, not a label.
    if (long > 0.02 * parts.length || counts.length > parts.length / 5 || counts[0]!.count > 0.9 * n)
      continue;
    const unseen = unseenMass(counts);
    if (unseen <= OPEN)
      return { kind: 'multi-label', separator, values: listed(counts), closed: unseen <= CLOSED };
  }
  return null;
}

/** A label on the first line (or before the first dash or full stop), then free text. */
function labelThenText(texts: readonly string[]): OutputShape | null {
  const n = texts.length;
  if (n < 10) return null;
  const heads = texts.map(
    (text) => /^(.{1,60}?)(?:\n|:\s|\s[-–—]\s|\.\s|,\s)(?=\S)/u.exec(text)?.[1] ?? null,
  );
  const found = heads.filter((head) => head !== null);
  if (found.length < 0.9 * n) return null;
  const counts = countValues(found.map(labelOf));
  if (counts.length > n / 5 || unseenMass(counts) > CLOSED || median(found.map(wordCount)) > 5) return null;
  return { kind: 'label-then-text', values: listed(counts) };
}

/** At least half of the characters are the same in every answer. */
function templateText(texts: readonly string[]): OutputShape | null {
  if (texts.length < 10) return null;
  const sample = spread(texts, 50);
  const segments = alignTexts(sample);
  const constant = segments.reduce(
    (sum, segment) => sum + (segment.kind === 'text' ? segment.text.length : 0),
    0,
  );
  const length = median(sample.map((text) => text.length));
  if (length === 0 || constant < 0.5 * length) return null;
  const text = segments
    .map((segment) => (segment.kind === 'text' ? segment.text : `{{${segment.name}}}`))
    .join('');
  return { kind: 'template-text', text };
}

/** In 95 % of the answers. */
const shortText = { characters: 120, words: 25, lines: 2 } as const;

/** Text that repeats no other: free, or short enough to be copied or written from the input. */
function ownText(answered: readonly Answered[], texts: readonly string[]): OutputShape {
  const n = texts.length;
  const distinct = new Set(texts).size;
  const words = median(texts.map(wordCount));
  const copied = texts.filter((text, i) =>
    inputText(answered[i]!.request).toLowerCase().includes(text.toLowerCase()),
  ).length;
  const mostly = copied >= 0.5 * n;
  const share = mostly ? `; ${Math.round((100 * copied) / n)} % are copied from the input` : '';
  const reason = `${distinct.toLocaleString('en')} different answers in ${n.toLocaleString('en')} calls, typically of ${words === 1 ? 'one word' : `${words} words`}${share}`;
  const long = texts.filter(
    (text) =>
      text.length > shortText.characters ||
      wordCount(text) > shortText.words ||
      text.trim().split('\n').length > shortText.lines,
  ).length;
  if (long > 0.05 * n) return { kind: 'text', reason };
  return { kind: 'text', reason, short: mostly ? 'copied' : 'written' };
}
