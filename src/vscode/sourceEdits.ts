import { type Arguments, literal, type Option, options, properties, type Span } from './arguments.ts';
import type { CallSite } from './callSites.ts';
import { ownVariable } from './environment.ts';

/** One change of a text. Where `name` is set it stands in the text as the part that the user may type over. */
export interface SourceEdit extends Span {
  readonly text: string;
  readonly name: string | null;
}

/** What can be done about a client that does not call the gateway. */
export type Reroute =
  | { readonly kind: 'edits'; readonly edits: readonly SourceEdit[] }
  /** It calls somewhere else than the gateway would forward to. */
  | { readonly kind: 'elsewhere'; readonly url: string }
  | { readonly kind: 'none' };

const HEADER = 'x-understudy-task';

/** Edits that pin this call, or every call of this client, to a task; null where the code leaves no place for them. */
export function nameTaskEdit(text: string, site: CallSite, name: string): SourceEdit | null {
  if (site.task !== null) return null;
  const python = site.arguments.language === 'python';
  const option = site.client?.headersOption ?? (python ? pythonCallOption(site) : 'headers');
  if (option === null) return null;
  const pair = python ? `"${HEADER}": "${name}"` : `'${HEADER}': '${name}'`;
  if (python) return addPython(text, site.arguments, option, pair, name);
  if (site.client !== null) return addToObject(text, site.arguments, 0, option, pair, name);
  // Calls of the official clients take headers in a second object; the others have no such place.
  if (site.provider !== 'openai' && site.provider !== 'anthropic') return null;
  return addToObject(text, site.arguments, 1, option, pair, name);
}

/**
 * Edits that make a client take its URL from the environment, as the gateway sets it, and keep what it has as the
 * fallback. `upstreams` are the places the gateway forwards to besides the official endpoints.
 */
export function rerouteEdit(
  text: string,
  site: CallSite,
  upstreams: Readonly<Record<string, string>>,
): Reroute {
  const { client } = site;
  if (client === null) return { kind: 'none' };
  const variable = client.variable ?? ownVariable(site.provider);
  const current = options(text, site.arguments).find((option) => option.name === client.urlOption);
  if (current === undefined) {
    if (client.variable !== null) return { kind: 'none' };
    const edit = addUrl(text, site, variable, client.suffix);
    return edit === null ? { kind: 'none' } : { kind: 'edits', edits: [edit] };
  }
  const url = literal(text, current.value);
  if (url === null || url === '') return { kind: 'none' };
  if (!isUpstream(url, site.provider, upstreams)) return { kind: 'elsewhere', url };
  return { kind: 'edits', edits: replaceUrl(text, site, current, variable) };
}

/**
 * Whether a place's calls go past the gateway: a client with a fixed URL, or a call in a file where every client of its
 * provider has one.
 */
export function bypasses(text: string, site: CallSite, sites: readonly CallSite[]): boolean {
  if (site.client !== null) return hasFixedUrl(text, site);
  const clients = sites.filter((other) => other.client !== null && other.provider === site.provider);
  return clients.length > 0 && clients.every((client) => hasFixedUrl(text, client));
}

function hasFixedUrl(text: string, site: CallSite): boolean {
  const url = options(text, site.arguments).find((option) => option.name === site.client?.urlOption);
  return url === undefined ? site.client?.variable === null : literal(text, url.value) !== null;
}

const official: Readonly<Record<string, RegExp>> = {
  openai: /^https:\/\/api\.openai\.com(\/v1)?\/?$/,
  anthropic: /^https:\/\/api\.anthropic\.com(\/v1)?\/?$/,
  gemini: /^https:\/\/generativelanguage\.googleapis\.com(\/v1(beta)?)?\/?$/,
  ollama: /^http:\/\/(localhost|127\.0\.0\.1):11434\/?$/,
};

function isUpstream(url: string, provider: string, upstreams: Readonly<Record<string, string>>): boolean {
  const own = upstreams[provider];
  if (own === undefined || own === '') return official[provider]?.test(url) ?? false;
  const bare = (value: string): string => value.replace(/\/+$/, '').replace(/\/v1(beta)?$/, '');
  return bare(url) === bare(own);
}

function replaceUrl(text: string, site: CallSite, current: Option, variable: string): SourceEdit[] {
  const { start, end } = current.value;
  const old = text.slice(start, end);
  const suffix = site.client?.variable === null ? site.client.suffix : '';
  if (site.arguments.language === 'javascript') {
    return [{ start, end, text: `${fromJavascript(variable, suffix)} ?? ${old}`, name: null }];
  }
  const edit = { start, end, text: `os.environ.get("${variable}", ${old})`, name: null };
  return importsOs(site.arguments.code) ? [edit] : [importOs(text, site.arguments.code), edit];
}

function addUrl(text: string, site: CallSite, variable: string, suffix: string): SourceEdit | null {
  const option = site.client?.urlOption ?? '';
  if (site.arguments.language === 'python') {
    // A client that reads no variable and has no URL: the module may not be imported, so it is named in full.
    const value = `__import__("os").environ.get("${variable}")`;
    return addArgument(text, site.arguments, `${option}=${value}`, null);
  }
  return addToObject(text, site.arguments, 0, option, null, null, fromJavascript(variable, suffix));
}

/** With a suffix the variable may be missing, which must stay missing and not become "undefined/v1". */
function fromJavascript(variable: string, suffix: string): string {
  return suffix === ''
    ? `process.env.${variable}`
    : `(process.env.${variable} && \`\${process.env.${variable}}${suffix}\`)`;
}

/** Adds `option: { pair }` (or `option: value`) to the object literal at argument `item`. */
function addToObject(
  text: string,
  args: Arguments,
  item: number,
  option: string,
  pair: string | null,
  name: string | null,
  value = '',
): SourceEdit | null {
  const addition = `${option}: ${pair === null ? value : `{ ${pair} }`}`;
  const span = args.items[item];
  if (span === undefined) {
    if (args.items.length !== item) return null;
    const last = args.items.at(-1);
    const at = last?.end ?? args.start;
    return { start: at, end: at, text: `${last === undefined ? '' : ', '}{ ${addition} }`, name };
  }
  if (text[span.start] !== '{' || text[span.end - 1] !== '}') return null;
  const existing = properties(text, args.code, span).find((candidate) => candidate.name === option);
  if (existing !== undefined)
    return pair === null ? null : addToLiteral(text, args.code, existing.value, pair, name);
  return insertProperty(text, span, addition, name);
}

function insertProperty(text: string, span: Span, addition: string, name: string | null): SourceEdit {
  const at = span.start + 1;
  const inside = text.slice(at, span.end - 1);
  if (inside.trim() === '') return { start: at, end: span.end - 1, text: ` ${addition} `, name };
  const newline = /^\s*\n([ \t]*)/.exec(inside);
  const insertion = newline === null ? ` ${addition},` : `\n${newline[1]}${addition},`;
  return { start: at, end: at, text: insertion, name };
}

/** Adds a pair to the object or dictionary that is there already; null where it is no literal. */
function addToLiteral(
  text: string,
  code: string,
  span: Span,
  pair: string,
  name: string | null,
): SourceEdit | null {
  if (text[span.start] !== '{' || text[span.end - 1] !== '}') return null;
  const at = span.start + 1;
  if (code.slice(at, span.end - 1).trim() === '') return { start: at, end: span.end - 1, text: pair, name };
  const insertion = /\s/.test(text[at] ?? '') ? ` ${pair},` : `${pair}, `;
  return { start: at, end: at, text: insertion, name };
}

/** `create` of the official clients takes `extra_headers`; the others have no place for a header at the call. */
function pythonCallOption(site: CallSite): string | null {
  return site.provider === 'openai' || site.provider === 'anthropic' ? 'extra_headers' : null;
}

function addPython(
  text: string,
  args: Arguments,
  option: string,
  pair: string,
  name: string,
): SourceEdit | null {
  const existing = options(text, args).find((candidate) => candidate.name === option);
  if (existing !== undefined) return addToLiteral(text, args.code, existing.value, pair, name);
  return addArgument(text, args, `${option}={${pair}}`, name);
}

function addArgument(
  text: string,
  args: Arguments,
  addition: string,
  name: string | null,
): SourceEdit | null {
  const last = args.items.at(-1);
  if (last === undefined) return { start: args.start, end: args.start, text: addition, name };
  const before = text.slice(0, last.start);
  const indent = /\n([ \t]*)$/.exec(before);
  const joint = indent === null ? ', ' : `,\n${indent[1]}`;
  return { start: last.end, end: last.end, text: `${joint}${addition}`, name };
}

function importsOs(code: string): boolean {
  return /^\s*import\s+(?:[\w., ]+,\s*)?os\b/m.test(code);
}

/** In front of the first import, behind the module's own comment. */
function importOs(text: string, code: string): SourceEdit {
  const first = /^(?:import|from)\s(?!__future__)/m.exec(code);
  const at = first?.index ?? text.length - text.replace(/^(#[^\n]*\n)+/, '').length;
  return { start: at, end: at, text: 'import os\n', name: null };
}
