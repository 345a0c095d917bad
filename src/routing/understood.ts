import { parseJson } from '../base/json.ts';
import { boundsOf } from '../tasks/bounds.ts';
import type { TaskVersion } from '../tasks/task.ts';
import { sameFormat, sameTools } from '../tasks/toolset.ts';
import type { Answer, ChatRequest } from '../wire/chat.ts';
import { endingConflict } from '../wire/ending.ts';

/** What in a request the student does not understand, in words; null where it understands everything. */
export function notUnderstood(request: ChatRequest, version: TaskVersion | null): string | null {
  const [key] = request.unknownKeys;
  if (key !== undefined) return `unknown request field ${key}`;
  for (const message of request.messages)
    for (const part of message.parts) if (part.kind === 'unknown') return 'unknown message part';
  const last = request.messages.at(-1);
  if (last === undefined) return 'no messages';
  if (version === null) return last.role === 'assistant' ? 'answer begun by the caller' : null;

  const endsInPrefill = version.template.messages.at(-1)?.role === 'assistant';
  if ((last.role === 'assistant') !== endsInPrefill)
    return endsInPrefill ? 'the begun answer of the template is missing' : 'answer begun by the caller';
  if (version.toolset.kind === 'varying') return 'the task brings its own tools with every call';
  if (!sameTools(version.toolset.tools, request.tools)) return 'other tools than the task has';
  if (!sameFormat(version.outputFormat, request.outputFormat))
    return 'another output format than the task has';
  if (version.bounds !== undefined && !version.bounds.includes(boundsOf(request)))
    return 'other stop sequences or another token bias than the task has';
  return null;
}

/**
 * Would this answer break what the request asks of the answer (tool choice, tools offered, JSON, length, stop
 * sequences)? In words; null where it fits. Asked after the prediction, because only then the answer is known.
 */
export function answerConflict(request: ChatRequest, answer: Answer): string | null {
  return toolConflict(request, answer) ?? textConflict(request, answer);
}

function toolConflict(request: ChatRequest, { toolCalls }: Answer): string | null {
  const choice = request.toolChoice;
  if (choice === 'none' && toolCalls.length > 0) return 'tool calls are switched off';
  if (choice === 'required' && toolCalls.length === 0) return 'a tool call is required';
  if (
    typeof choice === 'object' &&
    (toolCalls.length === 0 || toolCalls.some((call) => call.name !== choice.name))
  )
    return `the tool ${choice.name} is required`;
  if (request.parallelToolCalls === false && toolCalls.length > 1)
    return 'parallel tool calls are switched off';
  const offered = new Set(request.tools.map((tool) => tool.name));
  const missing = toolCalls.find((call) => !offered.has(call.name));
  return missing === undefined ? null : `the tool ${missing.name} is not offered`;
}

function textConflict(request: ChatRequest, answer: Answer): string | null {
  const { text, toolCalls } = answer;
  const written = text ?? '';
  const ends = endingConflict(request, answer);
  if (ends !== null) return ends;
  const { stop } = request.sampling;
  // A stop sequence inside would have cut the teacher's answer short.
  if (stop.some((sequence) => sequence !== '' && written.includes(sequence)))
    return 'contains a stop sequence';
  const prefilled = request.messages.at(-1)?.role === 'assistant';
  const wantsJson = request.outputFormat.kind !== 'text' && toolCalls.length === 0 && !prefilled;
  if (wantsJson && parseJson(written) === undefined) return 'the answer is not JSON';
  return null;
}
