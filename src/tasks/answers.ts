import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import { type ChatRequest, type ChatResponse, wholeText } from '../wire/chat.ts';

/** Readings of answers that output shapes and call kinds share. */

/** The JSON value that an answer is, whole or inside one code fence; undefined where it is none. Bare scalars are text. */
export function jsonAnswer(text: string): Json | undefined {
  const trimmed = unfence(text);
  const first = trimmed[0];
  if (first !== '{' && first !== '[') return undefined;
  const value = parseJson(trimmed);
  return value !== undefined && (isObject(value) || isArray(value)) ? value : undefined;
}

function unfence(text: string): string {
  const fenced = /^\s*```[a-z]*\s*\n(.*)\n?```\s*$/isu.exec(text);
  return (fenced?.[1] ?? text).trim();
}

/** Text of an answer, trimmed, with what a prefill began of its JSON; '' for none. */
export function answerText(response: ChatResponse, request: ChatRequest): string {
  return wholeText(request, response)?.trim() ?? '';
}

/** A label as counted: without the quotes or the full stop that a teacher sometimes adds. */
export function labelOf(text: string): string {
  return text
    .trim()
    .replace(/^["'`*]+|["'`.*]+$/gu, '')
    .trim();
}

/** Counts values, most frequent first, ties in order of first appearance. */
export function countValues(values: Iterable<string>): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}

/**
 * Good-Turing estimate of the share of future answers that no past answer equals: singletons / n (Good 1953).
 * NaN for none.
 */
export function unseenMass(counts: readonly { readonly count: number }[]): number {
  let n = 0;
  let singletons = 0;
  for (const { count } of counts) {
    n += count;
    if (count === 1) singletons++;
  }
  return singletons / n;
}
