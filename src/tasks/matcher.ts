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

/** Characters of the first constant that the index looks at where the first message has slots. */
const PREFIX = 24;

/**
 * Recognises live requests: an exact match of a known version, or nothing. Templates are looked up by their first
 * message: whole where it is constant, by its first characters where it is not, so that the cost hardly grows with the
 * number of tasks.
 */
export function createMatcher(tasks: readonly Task[]): (request: ChatRequest) => TaskMatch | null {
  const whole = new Map<string, Candidate[]>();
  /** By length of the indexed prefix; length 0 holds the templates that begin with a slot. */
  const prefixes = new Map<number, Map<string, Candidate[]>>();
  for (const task of tasks) {
    // Newest first: where two versions match the same text (a change of the teacher's model), the newer one counts.
    for (const version of [...task.versions].reverse()) {
      const candidate = candidateOf(task, version);
      const segments = version.template.messages[0]?.segments ?? [];
      const lead = segments[0]?.kind === 'text' ? segments[0].text : '';
      const index = segments.length < 2 && segments[0]?.kind === 'text' ? whole : null;
      const prefix = lead.slice(0, PREFIX);
      if (index !== null && version.template.messages.length > 1) push(index, lead, candidate);
      else {
        const byText = prefixes.get(prefix.length) ?? new Map<string, Candidate[]>();
        prefixes.set(prefix.length, byText);
        push(byText, prefix, candidate);
      }
    }
  }
  const lengths = [...prefixes.keys()].sort((a, b) => b - a);
  return (request) => {
    const first = request.messages[0];
    if (first === undefined || !isPlain(request)) return null;
    const text = turnText(first);
    const found = firstMatch(whole.get(text), request);
    if (found !== null) return found;
    for (const length of lengths) {
      if (length > text.length) continue;
      const match = firstMatch(prefixes.get(length)!.get(text.slice(0, length)), request);
      if (match !== null) return match;
    }
    return null;
  };
}

function candidateOf(task: Task, version: TaskVersion): Candidate {
  return {
    taskId: task.id,
    version,
    match: compileTemplate(version.template),
    messages: version.template.messages.length,
    open: version.template.turns === 'open',
  };
}

function push(map: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}

function firstMatch(candidates: readonly Candidate[] | undefined, request: ChatRequest): TaskMatch | null {
  for (const candidate of candidates ?? []) {
    const slots = matchCandidate(candidate, request);
    if (slots !== null) return { taskId: candidate.taskId, version: candidate.version.version, slots };
  }
  return null;
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
