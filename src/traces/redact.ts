import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import { secretFields } from './redaction/secrets.ts';
import { createPlaceholder, createTextRedactor, type RedactionSettings } from './redaction/text.ts';
import type { Trace, TraceRoute } from './trace.ts';

export type { RedactionSettings } from './redaction/text.ts';

/** Takes out of a trace what must not reach the disk. Its one caller on the way there is `Journal.append`. */
export interface Redactor {
  redact(trace: Trace): Trace;
  /** What would be stored, and what would be replaced where. Stores nothing. */
  preview(trace: Trace): RedactionPreview;
}

export interface RedactionPreview {
  readonly stored: Trace;
  readonly replaced: readonly { readonly where: string; readonly rule: string }[];
}

/** Request headers that are kept: what tells clients and API versions apart, nothing that identifies or authorises. */
export const keptHeaders: ReadonlySet<string> = new Set([
  'accept',
  'anthropic-beta',
  'anthropic-version',
  'content-type',
  'openai-beta',
  'traceparent',
  'user-agent',
  'x-goog-api-client',
  'x-request-id',
  'x-stainless-arch',
  'x-stainless-helper-method',
  'x-stainless-lang',
  'x-stainless-os',
  'x-stainless-package-version',
  'x-stainless-retry-count',
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-understudy-site',
  'x-understudy-task',
]);

/** Query parameters that carry credentials or signatures. */
const secretParameter =
  /^(?:(?:x-goog-)?api[-_]?key|(?:subscription-)?key|(?:access|auth|id|refresh|security)[-_]?token|token|auth|authorization|sig|signature|secret|client_secret|password|code|x-(?:amz|goog|ms)-.*)$/i;

/** Deeper bodies are not calls to a language model; walking them could exhaust the stack. */
const MAX_DEPTH = 100;

/** @throws AppError 'bad-input' for a pattern of the user that is no regular expression. */
export function createRedactor(settings: RedactionSettings = {}): Redactor {
  const text = createTextRedactor(settings);
  const placeholder = createPlaceholder(settings.key ?? '');

  const redactWith = (trace: Trace, found?: (where: string, rule: string) => void): Trace => {
    const at = (where: string): ((rule: string) => void) | undefined =>
      found && ((rule) => found(where, rule));
    const walk = (value: Json, where: string, depth: number): Json => {
      if (typeof value === 'string') return text(value, at(where));
      if (depth > MAX_DEPTH) return typeof value === 'object' && value !== null ? '<nested too deep>' : value;
      if (isArray(value)) return mapArray(value, (item, i) => walk(item, `${where}[${i}]`, depth + 1));
      if (!isObject(value)) return value;
      return mapObject(
        value,
        (key) => text(key, at(where)),
        (item, key) => {
          if (typeof item === 'string' && isSecretField(key, item)) {
            found?.(`${where}.${key}`, 'secret');
            return placeholder('secret', item);
          }
          return walk(item, found ? `${where}.${key}` : where, depth + 1);
        },
      );
    };
    const optional = (value: string | null, where: string): string | null =>
      value === null ? null : text(value, at(where));
    return {
      ...trace,
      path: redactPath(trace.path, (value) => placeholder('key', value), text, at('path')),
      request: walk(trace.request, 'request', 0),
      response: walk(trace.response, 'response', 0),
      incomplete: optional(trace.incomplete, 'incomplete'),
      pinnedTask: optional(trace.pinnedTask, 'pinnedTask'),
      site: optional(trace.site, 'site'),
      headers: redactHeaders(trace.headers, text, found),
      route: trace.route === null ? null : redactRoute(trace.route, (value) => text(value, at('route'))),
      source: text(trace.source, at('source')),
    };
  };

  return {
    redact: (trace) => redactWith(trace),
    preview: (trace) => {
      const replaced: { where: string; rule: string }[] = [];
      return { stored: redactWith(trace, (where, rule) => replaced.push({ where, rule })), replaced };
    },
  };
}

/** What would be stored of a trace under these settings. */
export function previewRedaction(trace: Trace, settings: RedactionSettings = {}): RedactionPreview {
  return createRedactor(settings).preview(trace);
}

/** The key of a journal's placeholders, made at first use. It never leaves the folder. */
export async function redactionKey(folder: string): Promise<string> {
  const file = path.join(folder, 'redaction.key');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.length >= 32) return known;
  const fresh = randomBytes(32).toString('hex');
  try {
    await writeFile(file, fresh, { mode: 0o600, flag: known === '' ? 'wx' : 'w' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return fresh; // A full disk: this run's own key will do.
    return readFile(file, 'utf8');
  }
}

/** A text that a field named like a secret holds; prose in such a field is an answer about secrets, not one. */
function isSecretField(key: string, value: string): boolean {
  if (value.length < 4 || value.startsWith('<') || !secretFields.test(key)) return false;
  return !/\s/.test(value) || /^(?:bearer|basic|token)\s/i.test(value) || /cookie|authorization/i.test(key);
}

function redactPath(
  url: string,
  replace: (value: string) => string,
  text: (value: string, onFound?: (rule: string) => void) => string,
  onFound: ((rule: string) => void) | undefined,
): string {
  const [route = '', query] = url.split(/\?(.*)/s, 2);
  const clean = text(route, onFound);
  if (query === undefined) return clean;
  const parameters = query.split('&').map((parameter) => {
    const [name = '', value] = parameter.split(/=(.*)/s, 2);
    if (value === undefined || value === '') return text(parameter, onFound);
    if (!secretParameter.test(decoded(name))) return `${name}=${text(value, onFound)}`;
    onFound?.('key');
    return `${name}=${replace(value)}`;
  });
  return `${clean}?${parameters.join('&')}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // A broken escape is no reason to lose the trace.
  }
}

function redactHeaders(
  headers: Readonly<Record<string, string>>,
  text: (value: string) => string,
  found: ((where: string, rule: string) => void) | undefined,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (keptHeaders.has(name.toLowerCase())) kept[name] = text(value);
    else found?.(`headers.${name}`, 'header');
  }
  return kept;
}

function redactRoute(route: TraceRoute, text: (value: string) => string): TraceRoute {
  if (route.answer === null) return route;
  const { text: said, toolCalls } = route.answer;
  return {
    ...route,
    answer: {
      text: said === null ? null : text(said),
      toolCalls: toolCalls.map((call) => ({ name: call.name, arguments: text(call.arguments) })),
    },
  };
}

/** The same array where nothing changed. */
function mapArray(items: readonly Json[], change: (item: Json, index: number) => Json): readonly Json[] {
  let result: Json[] | null = null;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const next = change(item, i);
    if (next !== item) (result ??= [...items])[i] = next;
  }
  return result ?? items;
}

/** The same object where nothing changed. */
function mapObject(
  value: JsonObject,
  changeKey: (key: string) => string,
  change: (item: Json, key: string) => Json,
): JsonObject {
  const entries: [string, Json][] = [];
  let changed = false;
  for (const key in value) {
    const item = value[key]!;
    const [nextKey, next] = [changeKey(key), change(item, key)];
    changed ||= nextKey !== key || next !== item;
    entries.push([nextKey, next]);
  }
  return changed ? Object.fromEntries(entries) : value;
}
