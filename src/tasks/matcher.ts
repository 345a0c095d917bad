import type { ChatRequest } from '../wire/chat.ts';
import type { Task, TaskMatch, TaskVersion } from './task.ts';
import { compileTemplate, type MessageMatch, turnText } from './template.ts';
import { sameFormat, sameTools } from './toolset.ts';

interface Candidate {
  readonly taskId: string;
  readonly version: TaskVersion;
  readonly match: MessageMatch;
  readonly messages: number;
  readonly open: boolean;
}

/** Characters of the first constant that the index looks at. */
const PREFIX = 24;

/**
 * Recognises live requests: an exact match of a known version, or nothing. Templates are looked up by the first
 * characters of their first message, so the cost hardly grows with the number of tasks.
 */
export function createMatcher(tasks: readonly Task[]): (request: ChatRequest) => TaskMatch | null {
  /** By length of the indexed prefix; length 0 holds the templates that begin with a slot. */
  const index = new Map<number, Map<string, Candidate[]>>();
  for (const task of tasks) {
    // Newest first: where two versions match the same text (a change of the teacher's model), the newer one counts.
    for (const version of [...task.versions].reverse()) {
      const lead = version.template.messages[0]?.segments[0];
      const prefix = lead?.kind === 'text' ? lead.text.slice(0, PREFIX) : '';
      const byText = index.get(prefix.length) ?? new Map<string, Candidate[]>();
      index.set(prefix.length, byText);
      const candidate = {
        taskId: task.id,
        version,
        match: compileTemplate(version.template),
        messages: version.template.messages.length,
        open: version.template.turns === 'open',
      };
      byText.set(prefix, [...(byText.get(prefix) ?? []), candidate]);
    }
  }
  const lengths = [...index.keys()].sort((a, b) => b - a);
  return (request) => {
    const first = request.messages[0];
    if (first === undefined || !isPlain(request)) return null;
    const start = turnText(first).slice(0, PREFIX);
    for (const length of lengths) {
      if (length > start.length) continue;
      for (const candidate of index.get(length)!.get(start.slice(0, length)) ?? []) {
        const slots = matchCandidate(candidate, request);
        if (slots !== null) return { taskId: candidate.taskId, version: candidate.version.version, slots };
      }
    }
    return null;
  };
}

function matchCandidate(candidate: Candidate, request: ChatRequest): Record<string, string> | null {
  const { version } = candidate;
  const count = request.messages.length;
  if (candidate.open ? count < candidate.messages : count !== candidate.messages) return null;
  if (!version.models.includes(request.model)) return null;
  if (version.toolset.kind === 'fixed' && version.toolset.tools.length !== request.tools.length) return null;
  const slots: Record<string, string> = {};
  if (!candidate.match(request, slots)) return null;
  if (!sameFormat(version.outputFormat, request.outputFormat)) return null;
  if (version.toolset.kind === 'fixed' && !sameTools(version.toolset.tools, request.tools)) return null;
  return slots;
}

/** Text and tool calls only: a template says nothing about pictures, files or parts that no codec knows. */
function isPlain(request: ChatRequest): boolean {
  return request.messages.every((message) =>
    message.parts.every((part) => part.kind !== 'media' && part.kind !== 'unknown'),
  );
}
