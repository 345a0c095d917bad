import { shortHash } from '../base/hash.ts';
import type { Call } from '../traces/trace.ts';
import type { OutputFormat, ToolDefinition } from '../wire/chat.ts';
import { lastUser, turnText } from './template.ts';
import { mask } from './tokens.ts';
import { formatText, Interner, sameFormat, sameTools, toolsHash } from './toolset.ts';

/** What grouping looks at, computed once per call. Equal tool lists and formats are one object. */
export interface Digest {
  readonly call: Call;
  /** Leading system messages, joined by newlines. */
  readonly system: string;
  /** Equal for system prompts that differ in dates, numbers and ids only; '' for none. */
  readonly systemKey: string;
  /** First letters of the roles in order, e.g. "sua". */
  readonly roles: string;
  /** Text of the first and of the last user message; the same for a single turn. */
  readonly firstUser: string;
  readonly lastUser: string;
  readonly tools: ToolList;
  readonly format: OutputFormat;
}

/** An interned list of tools with its hash. */
export interface ToolList {
  readonly tools: readonly ToolDefinition[];
  readonly hash: string;
}

/** Prompts longer than this are masked at their head and tail only. */
const MASKED = 20_000;
const CACHED = 500;

/** Makes digests; keeps one copy of what calls share, so that many calls with the same prompt cost one prompt. */
export function createDigester(): (call: Call) => Digest {
  const keys = new Map<string, string>();
  const toolLists = new Interner<{ tools: readonly ToolDefinition[] }>(
    ({ tools }) =>
      tools
        .map((tool) => tool.name)
        .sort()
        .join(),
    (a, b) => sameTools(a.tools, b.tools),
  );
  const hashes = new Map<object, ToolList>();
  const formats = new Interner<OutputFormat>(
    (format) => (format.kind === 'schema' ? format.name : format.kind),
    sameFormat,
  );

  const keyOf = (text: string): string => {
    const known = keys.get(text);
    if (known !== undefined) return known;
    if (keys.size >= CACHED) keys.clear();
    const masked = maskedSystem(text);
    const key = masked === '' ? '' : shortHash(masked);
    keys.set(text, key);
    return key;
  };
  const listOf = (tools: readonly ToolDefinition[]): ToolList => {
    const list = toolLists.intern({ tools });
    let known = hashes.get(list);
    if (known === undefined) hashes.set(list, (known = { tools: list.tools, hash: toolsHash(list.tools) }));
    return known;
  };

  return (call) => {
    const { messages, tools, outputFormat } = call.request;
    let head = 0;
    while (messages[head]?.role === 'system') head++;
    const system = messages.slice(0, head).map(turnText).join('\n');
    const first = messages.find((message) => message.role === 'user');
    const last = messages[lastUser(messages)];
    return {
      call,
      system,
      systemKey: keyOf(system),
      roles: messages.map((message) => message.role[0]).join(''),
      firstUser: first === undefined ? '' : turnText(first),
      lastUser: last === undefined ? '' : turnText(last),
      tools: listOf(tools),
      format: formats.intern(outputFormat),
    };
  };
}

/** A system prompt with dates, numbers and ids masked. */
export function maskedSystem(text: string): string {
  return mask(text.length <= MASKED ? text : `${text.slice(0, MASKED / 2)}\n${text.slice(-MASKED / 2)}`);
}

/** A key per output format. */
export function formatKey(format: OutputFormat): string {
  return format.kind === 'schema' ? shortHash(formatText(format)) : format.kind;
}
