import type { Json } from '../../../src/base/json.ts';
import type {
  AssignedCall,
  CallKind,
  OutputShape,
  Segment,
  SlotProfile,
  Task,
  TaskVersion,
  TemplateMessage,
} from '../../../src/tasks/task.ts';
import type { Call, Trace } from '../../../src/traces/trace.ts';
import { messageText } from '../../../src/wire/chat.ts';
import type { ProviderName } from '../../../src/wire/format.ts';
import { formatFor } from '../../../src/wire/formats.ts';

/** Tasks made by hand from calls whose versions are known: what discovery would find, without discovery. */

export interface KnownCall {
  readonly ts: string;
  readonly provider: string;
  readonly status: number;
  readonly request: unknown;
  readonly response: unknown;
  readonly kind: CallKind;
  readonly version: number;
}

export function readCall(line: Omit<KnownCall, 'kind' | 'version'>, id: string): Call | null {
  const provider = line.provider as ProviderName;
  const path = provider === 'anthropic' ? '/v1/messages' : '/v1/chat/completions';
  const format = formatFor(provider, 'POST', path);
  if (format === null) return null;
  const request = format.parseRequest(line.request as Json, path);
  if (!request.ok) return null;
  const response = line.status === 200 ? format.parseResponse(line.response as Json) : null;
  const trace: Trace = {
    id,
    startMs: Date.parse(line.ts),
    durationMs: 500,
    firstByteMs: 400,
    provider,
    format: format.name,
    path,
    status: line.status,
    streamed: false,
    request: null,
    response: null,
    incomplete: null,
    servedBy: 'teacher',
    pinnedTask: null,
    site: null,
    headers: {},
    route: null,
    source: 'gateway',
  };
  return { trace, request: request.value, response: response?.ok === true ? response.value : null };
}

/** One task of all the calls; the variable part of each message is what differs between the calls of a version. */
export function siteTask(
  id: string,
  lines: readonly KnownCall[],
  output: OutputShape,
): { readonly task: Task; readonly calls: readonly AssignedCall[] } {
  const read = lines.flatMap((line, i) => {
    const call = readCall(line, `${id}-${i}`);
    return call === null ? [] : [{ call, line }];
  });
  const numbers = [...new Set(lines.map((line) => line.version))].sort((a, b) => a - b);
  const templates = new Map<number, readonly TemplateMessage[]>();
  const versions = numbers.map((number): TaskVersion => {
    const members = read.filter(({ line }) => line.version === number).map(({ call }) => call);
    const usable = members.filter((call) => call.response !== null);
    const first = (usable[0] ?? members[0])!;
    const messages = template(usable.length > 0 ? usable : members);
    templates.set(number, messages);
    const signatures = new Set(
      members.slice(0, 50).map((call) => call.request.tools.map((t) => t.name).join()),
    );
    return {
      version: number,
      template: { messages, turns: 'fixed', hash: `${id}-${number}` },
      models: [],
      toolset:
        signatures.size > 3
          ? { kind: 'varying', example: first.request.tools }
          : { kind: 'fixed', hash: `${number}`, tools: first.request.tools },
      outputFormat: first.request.outputFormat,
      calls: members.length,
      firstMs: Math.min(...members.slice(0, 100).map((call) => call.trace.startMs)),
      lastMs: members.at(-1)!.trace.startMs,
      change: null,
    };
  });
  const slots: SlotProfile[] = [
    { name: 'text', type: 'main', kept: true, reason: 'main text', distinct: read.length, examples: [] },
  ];
  const calls = read.map(({ call, line }): AssignedCall => {
    return {
      call,
      assignment: {
        callId: call.trace.id,
        taskId: id,
        version: line.version,
        kind: line.kind,
        slots: { text: slotText(call, templates.get(line.version)!) },
      },
    };
  });
  const times = calls.map(({ call }) => call.trace.startMs);
  const task: Task = {
    id,
    name: id,
    renamed: false,
    versions,
    slots,
    output,
    providers: [...new Set(lines.map((line) => line.provider))],
    sites: [],
    models: [
      {
        model: calls[0]!.call.response?.model ?? 'unknown',
        firstMs: times[0]!,
        lastMs: times.at(-1)!,
        calls: calls.length,
      },
    ],
    calls: calls.length,
    firstMs: times[0]!,
    lastMs: times.at(-1)!,
  };
  return { task, calls };
}

function template(calls: readonly Call[]): TemplateMessage[] {
  const sample = calls.filter((_, i) => i % Math.max(1, Math.floor(calls.length / 40)) === 0);
  const first = sample[0]!.request.messages;
  return first.map((message, k) => {
    const texts = sample.map((call) => messageText(call.request.messages[k] ?? message));
    const [prefix, suffix] = ends(texts);
    const segments: Segment[] = [];
    if (prefix !== '') segments.push({ kind: 'text', text: prefix });
    if (texts.some((text) => text !== prefix)) {
      segments.push({ kind: 'slot', name: k === 0 && first.length > 1 ? 'aside' : 'text' });
      if (suffix !== '') segments.push({ kind: 'text', text: suffix });
    }
    return { role: message.role, segments };
  });
}

/** Longest common beginning and end of all texts. */
function ends(texts: readonly string[]): readonly [string, string] {
  let prefix = texts[0]!;
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  let suffix = texts[0]!.slice(prefix.length);
  for (const text of texts) while (!text.slice(prefix.length).endsWith(suffix)) suffix = suffix.slice(1);
  return [prefix, suffix];
}

function slotText(call: Call, messages: readonly TemplateMessage[]): string {
  const last = messages.length - 1;
  const text = messageText(call.request.messages[last] ?? call.request.messages[0]!);
  const segments = messages[last]!.segments;
  const prefix = segments[0]?.kind === 'text' ? segments[0].text.length : 0;
  const end = segments.at(-1);
  const suffix = end?.kind === 'text' && segments.length > 1 ? end.text.length : 0;
  return text.slice(prefix, text.length - suffix);
}
