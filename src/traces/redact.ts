import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isArray, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { withoutMedia } from '../wire/media.ts';
import { secretNames } from './redaction/context.ts';
import { redactPieces } from './redaction/pieces.ts';
import { redactSeams } from './redaction/seams.ts';
import { secretFields } from './redaction/secrets.ts';
import {
  createPlaceholder,
  createTextRedactor,
  keepJson,
  mapTexts,
  type OnFound,
  type RedactionSettings,
  type TextRedactor,
} from './redaction/text.ts';
import { isTokens, redactTokens } from './redaction/tokens.ts';
import type { Trace, TraceRoute } from './trace.ts';

export type { RedactionSettings } from './redaction/text.ts';

/** Takes out of a trace what must not reach the disk. Its one caller on the way there is `Journal.append`. */
export interface Redactor {
  /** @param secrets what is known to be one, whatever it looks like. */
  redact(trace: Trace, secrets?: readonly string[]): Trace;
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

/** A shorter name holds no secret. */
const MIN_KEY = 8;

/** Deeper bodies are not calls to a language model; walking them could exhaust the stack. */
const MAX_DEPTH = 100;

/** @throws AppError 'bad-input' for a pattern of the user that is no regular expression. */
export function createRedactor(settings: RedactionSettings = {}): Redactor {
  const text = createTextRedactor(settings);
  const placeholder = createPlaceholder(settings.key ?? '');
  const hasOwn = (settings.patterns ?? []).length > 0;

  const walk = (value: Json, where: string, depth: number, found: Found): Json => {
    if (typeof value === 'string') return walkText(value, where, depth, found);
    if (typeof value === 'number') return walkNumber(value, where, found);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return '<nested too deep>';
    if (isArray(value)) {
      const items = isTokens(value)
        ? redactTokens(value, text, placeholder, (rule, secret) => found(where, rule, secret))
        : value;
      return mapArray(items, (item) => walk(item, where, depth + 1, found));
    }
    const result = mapObject(
      value as JsonObject,
      (key) =>
        key.length < MIN_KEY && !hasOwn ? key : text(key, (rule, secret) => found(where, rule, secret)),
      (item, key) => {
        const inner = depth < 3 ? `${where}.${key}` : where;
        if (!isSecretField(key, item)) return walk(item, inner, depth + 1, found);
        found(inner, 'secret', String(item));
        return placeholder('secret', String(item));
      },
    );
    // Gemini lists the alternatives beside the tokens that they are alternatives to.
    const isTold = result['chosenCandidates'] !== (value as JsonObject)['chosenCandidates'];
    return isTold && 'topCandidates' in result ? { ...result, topCandidates: [] } : result;
  };

  /** A text, and where it is JSON (a tool call's arguments) its fields too. */
  const walkText = (value: string, where: string, depth: number, found: Found): string => {
    const clean = text(value, (rule, secret) => found(where, rule, secret));
    if (value.length > MAX_INNER || !/^\s*[[{]/.test(value)) return clean;
    const inner = parseJson(clean);
    if (typeof inner !== 'object' || inner === null) return clean;
    const walked = walk(inner, where, depth + 1, found);
    return walked === inner ? clean : JSON.stringify(walked);
  };

  /** Long numbers may be cards, or what the user's own patterns name. */
  const walkNumber = (value: number, where: string, found: Found): Json => {
    const least = hasOwn ? 1e5 : settings.cards ? 1e12 : Number.POSITIVE_INFINITY;
    if (value < least || !Number.isInteger(value)) return value;
    // Beyond this, digits were lost in reading, and with them the check digit.
    if (settings.cards && value > Number.MAX_SAFE_INTEGER && value < 1e19) {
      found(where, 'card', String(value));
      return placeholder('card', String(value));
    }
    const digits = value.toFixed(0);
    const clean = text(digits, (rule, secret) => found(where, rule, secret));
    return clean === digits ? value : clean;
  };

  /** What could not be read is kept as text: there a secret may lie in pieces, and the last one be cut. */
  const body = (value: Json, where: string, { incomplete }: Trace, found: Found): Json => {
    const onFound: OnFound = (rule, secret) => found(where, rule, secret);
    if (typeof value !== 'string')
      return walk(redactSeams(value, text, placeholder, onFound), where, 0, found);
    if (incomplete === null) return walk(value, where, 0, found);
    return walk(redactPieces(value, text, placeholder, onFound), where, 0, found);
  };

  const redactOnce = (trace: Trace, found: Found): Trace => {
    const plain = (value: string, where: string): string =>
      text(value, (rule, secret) => found(where, rule, secret));
    const optional = (value: string | null, where: string): string | null =>
      value === null ? null : plain(value, where);
    return {
      ...trace,
      path: redactPath(trace.path, placeholder, text, (rule, secret) => found('path', rule, secret)),
      request: body(lightened(trace.request), 'request', trace, found),
      response: body(lightened(trace.response), 'response', trace, found),
      incomplete: optional(trace.incomplete, 'incomplete'),
      pinnedTask: optional(trace.pinnedTask, 'pinnedTask'),
      site: optional(trace.site, 'site'),
      headers: redactHeaders(trace.headers, plain, found),
      route: trace.route === null ? null : redactRoute(trace.route, (value) => plain(value, 'route')),
      source: plain(trace.source, 'source'),
    };
  };

  const redact = (trace: Trace, onFound: Found, secrets: readonly string[] = []): Trace => {
    const values = new Map<string, string>();
    for (const secret of secrets)
      if (plainValue.test(secret)) values.set(secret, placeholder('secret', secret));
    const result = redactOnce(trace, (where, rule, secret) => {
      onFound(where, rule, secret);
      if (secretNames.has(rule) && plainValue.test(secret)) values.set(secret, placeholder(rule, secret));
    });
    return values.size === 0 ? result : replaceValues(result, values);
  };

  return {
    redact: (trace, secrets) => redact(trace, () => {}, secrets),
    preview: (trace) => {
      const replaced: { where: string; rule: string }[] = [];
      return { stored: redact(trace, (where, rule) => replaced.push({ where, rule })), replaced };
    },
  };
}

/** A body without the bytes of its media. */
function lightened(body: Json): Json {
  try {
    return withoutMedia(body);
  } catch {
    return body; // Nested beyond the stack: what follows cuts it.
  }
}

type Found = (where: string, rule: string, secret: string) => void;

/** A found value that can be looked for elsewhere: long enough to mean nothing else, and harmless inside JSON. */
const plainValue = /^[A-Za-z0-9_.~+/=!#$%^&*@?:-]{8,4096}$/;

/** What was recognised in one place is the same secret in every other place of the call, where nothing gives it away. */
function replaceValues(trace: Trace, values: ReadonlyMap<string, string>): Trace {
  const change = (text: string): string => {
    let result = text;
    for (const [value, placeholder] of values)
      if (result.includes(value)) result = result.replaceAll(value, () => placeholder);
    return result === text ? text : keepJson(text, result, change);
  };
  return {
    ...trace,
    path: change(trace.path),
    request: mapTexts(trace.request, change),
    response: mapTexts(trace.response, change),
    incomplete: trace.incomplete === null ? null : change(trace.incomplete),
    pinnedTask: trace.pinnedTask === null ? null : change(trace.pinnedTask),
    site: trace.site === null ? null : change(trace.site),
    headers: Object.fromEntries(Object.entries(trace.headers).map(([name, value]) => [name, change(value)])),
    route: trace.route === null ? null : redactRoute(trace.route, change),
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
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, fresh, { mode: 0o600 });
    // A link appears whole or not at all, and never in the place of another's.
    await link(temporary, file);
    return fresh;
  } catch {
    // Another process was faster, or the disk is full, when this run's own key will do.
    const others = await readFile(file, 'utf8').catch(() => '');
    return others.length >= 32 ? others : fresh;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Longer texts are documents: their fields are not looked at one by one. */
const MAX_INNER = 1 << 20;

/** What a field named like a secret holds; prose in such a field is an answer about secrets, not one. */
function isSecretField(key: string, value: Json): boolean {
  if (typeof value === 'number') return value >= 1000 && secretFields.test(key);
  if (typeof value !== 'string') return false;
  if (value.length < 4 || value.startsWith('<') || !secretFields.test(key)) return false;
  return !/\s/.test(value) || /^(?:bearer|basic|token)\s/i.test(value) || /cookie|authorization/i.test(key);
}

function redactPath(
  url: string,
  placeholder: (rule: string, value: string) => string,
  text: TextRedactor,
  onFound: OnFound,
): string {
  const [route = '', query] = url.split(/\?(.*)/s, 2);
  const clean = route
    .split('/')
    .map((segment) => redactEncoded(segment, text, onFound))
    .join('/');
  if (query === undefined) return clean;
  const parameters = query.split('&').map((parameter) => {
    const [name = '', value] = parameter.split(/=(.*)/s, 2);
    if (value === undefined || value === '') return text(parameter, onFound);
    if (!secretParameter.test(decoded(name))) return `${name}=${redactEncoded(value, text, onFound)}`;
    onFound('key', value);
    return `${name}=${placeholder('key', value)}`;
  });
  return `${clean}?${parameters.join('&')}`;
}

/** A percent-encoded value is looked at as what it says. */
function redactEncoded(value: string, text: TextRedactor, onFound: OnFound): string {
  const said = decoded(value.replaceAll('+', ' '));
  const clean = text(said, onFound);
  if (clean === said) return text(value, onFound);
  return encodeURIComponent(clean).replace(/%3C([a-z0-9-]+)%3A([0-9a-f]{4})%3E/gi, '<$1:$2>');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A broken escape is no reason to lose the trace.
  }
}

function redactHeaders(
  headers: Readonly<Record<string, string>>,
  text: (value: string, where: string) => string,
  found: Found,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (keptHeaders.has(name.toLowerCase())) kept[name] = text(value, `headers.${name}`);
    else found(`headers.${name}`, 'header', value);
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
function mapArray(items: readonly Json[], change: (item: Json) => Json): readonly Json[] {
  let result: Json[] | null = null;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const next = change(item);
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
