/** Headers as Node's HTTP parser gives them: name, value, name, value, ... in order, with their case and duplicates. */
export type RawHeaders = readonly string[];

/** What our own request headers said. They are removed before a call is forwarded. */
export interface Marks {
  /** True where the request carried any of our headers: then the answer tells how it was routed. */
  readonly any: boolean;
  /** `x-understudy: off`: neither captured nor answered by a student. */
  readonly off: boolean;
  readonly task: string | null;
  readonly site: string | null;
  readonly at: string | null;
  readonly traceId: string | null;
}

export const noMarks: Marks = { any: false, off: false, task: null, site: null, at: null, traceId: null };

/** The value of the first header of that name (lower case); null where there is none. */
export function headerOf(raw: RawHeaders, name: string): string | null {
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.length === name.length && raw[i]!.toLowerCase() === name) return raw[i + 1]!;
  return null;
}

/** The headers but for those of that name (lower case). */
export function withoutHeader(raw: RawHeaders, name: string): string[] {
  return raw.filter((_, i) => raw[i - (i % 2)]!.toLowerCase() !== name);
}

/** The headers to send upstream: ours taken out, `Host` replaced, everything else as it came. */
export function toUpstream(
  raw: RawHeaders,
  host: string,
): { readonly headers: string[]; readonly marks: Marks } {
  const headers: string[] = [];
  let ours: Map<string, string> | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name.length === 4 && name.toLowerCase() === 'host') headers.push(name, host);
    else if (isOurs(name)) {
      ours ??= new Map<string, string>();
      ours.set(name.toLowerCase(), value);
    } else headers.push(name, value);
  }
  return { headers, marks: ours === null ? noMarks : readMarks(ours) };
}

function isOurs(name: string): boolean {
  return name.length >= 12 && (name[0] === 'x' || name[0] === 'X') && /^x-understudy(?:-|$)/i.test(name);
}

function readMarks(ours: ReadonlyMap<string, string>): Marks {
  return {
    any: true,
    off: ours.get('x-understudy')?.trim().toLowerCase() === 'off',
    task: ours.get('x-understudy-task') ?? null,
    site: ours.get('x-understudy-site') ?? null,
    at: ours.get('x-understudy-at') ?? null,
    traceId: ours.get('x-understudy-trace-id') ?? null,
  };
}

/** Headers as they stand on the wire, each with the end of its line. */
export function linesOf(raw: RawHeaders): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]!}: ${raw[i + 1]!}\r\n`;
  return lines;
}

/** Names with their values. */
export function pairsOf(raw: RawHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i]!, raw[i + 1]!]);
  return pairs;
}

const recorded = new Set([
  ...['user-agent', 'anthropic-version', 'anthropic-beta', 'openai-organization', 'openai-project'],
  ...['openai-beta', 'x-goog-api-client', 'traceparent', 'content-type'],
]);

/** The request headers that a trace may hold; no credential is among them. */
export function recordedHeaders(raw: RawHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (recorded.has(name) || name.startsWith('x-stainless-')) kept[name] = raw[i + 1]!;
  }
  return kept;
}

const credentialHeaders: ReadonlySet<string> = new Set([
  ...[
    'authorization',
    'proxy-authorization',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'ocp-apim-subscription-key',
  ],
]);
/** A shorter one is a dummy ("ollama", "EMPTY"), and a word that texts may have. */
const MIN_CREDENTIAL = 16;

/** What the call was made with: to be taken out of what is kept of it, should it stand there too. Memory only. */
export function credentialsOf(raw: RawHeaders): string[] {
  const found: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const { length } = raw[i]!;
    if (length < 7 || length > 25 || !credentialHeaders.has(raw[i]!.toLowerCase())) continue;
    const value = raw[i + 1]!.replace(/^(?:bearer|basic|token|key) +/i, '').trim();
    if (value.length >= MIN_CREDENTIAL) found.push(value);
  }
  return found;
}

/**
 * Coding agents that read the same base-URL variables as the project's own programs. Their traffic is nobody's task: it
 * passes through, is not recorded unless the user asks for it, and is never answered by a student. Known by the first word
 * of their user agent; those that leave their client's there, by the name that they give to routers of models.
 */
export function isCodingAgent(raw: RawHeaders): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    const { length } = raw[i]!;
    if (length !== 7 && length !== 10) continue;
    const name = raw[i]!.toLowerCase();
    if (name === 'user-agent' && agentPrograms.test(raw[i + 1]!)) return true;
    if ((name === 'x-title' || name === 'originator') && agentTitles.test(raw[i + 1]!)) return true;
  }
  return false;
}

const agentPrograms = new RegExp(
  `^(?:${[
    'claude-(?:cli|code|vscode)',
    'codex(?:[_-][a-z]+)*',
    'gemini-?cli(?:-[a-z0-9]+)*',
    'github-?copilot(?:chat|-cli)?',
    'copilot(?:-cli)?',
    'aider',
    'opencode',
    'cline',
    'roo-?(?:code|cline)',
    'kilo-?code',
    'continue',
    'cursor',
    'windsurf',
    'zed',
    'goose',
    '(?:charm[ -])?crush',
    'qwen-?code',
    'amp(?:code)?',
    '(?:factory-cli|droid)',
    'kiro(?:-?cli)?',
    'openhands',
    'plandex',
    'augment(?:\\.cli)?',
    'cody',
    'tabnine',
    'iflow(?:-cli)?',
    'warp',
    '(?:kimi|grok)-?cli',
    'mistral-vibe',
    'antigravity',
    'auggie',
    'trae(?:-cli)?',
    'junie',
  ].join('|')})(?:[/\\s(]|$)`,
  'i',
);
const agentTitles =
  /^(?:aider|cline|roo ?code|kilo ?code|opencode|goose|zed|continue|crush|openhands|codex_[a-z_]+)$/i;
