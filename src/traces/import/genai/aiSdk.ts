import { isArray, isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { finishReason, toolCall } from '../bodies.ts';
import { array, text, unwrap } from '../record.ts';
import { partsMessages } from './parts.ts';
import type { Attributes, Content } from './span.ts';

/** Vercel's AI SDK before it spoke the conventions. */
export function aiSdk(a: Attributes): Content | null {
  const prompt = array(a, 'ai.prompt.messages');
  if (prompt === null) return null;
  const calls = array(a, 'ai.response.toolCalls', 'ai.result.toolCalls') ?? [];
  const tool_calls = calls
    .filter(isObject)
    .map((c, i) =>
      toolCall(text(c, 'toolCallId') ?? `call_${i}`, text(c, 'toolName') ?? '', c['args'] ?? c['input']),
    );
  const said = text(a, 'ai.response.text', 'ai.response.object', 'ai.result.text');
  if (said === null && tool_calls.length === 0) return null;
  const output: Record<string, Json> = { role: 'assistant', content: said };
  if (tool_calls.length > 0) output['tool_calls'] = tool_calls;
  const messages = prompt.filter(isObject).flatMap(aiSdkMessage);
  const tools = (array(a, 'ai.prompt.tools') ?? []).map((tool) => {
    const value = unwrap(tool);
    return isObject(value) && value['inputSchema'] !== undefined
      ? { ...value, parameters: value['inputSchema'] }
      : value;
  });
  const finish = finishReason(text(a, 'ai.response.finishReason', 'ai.finishReason'));
  return { messages, output, finish, tools };
}

function aiSdkMessage(message: JsonObject): JsonObject[] {
  const parts = (isArray(message['content']) ? message['content'] : [])
    .filter(isObject)
    .map((part): JsonObject => {
      if (part['type'] === 'tool-call')
        return {
          type: 'tool_call',
          id: part['toolCallId'] ?? '',
          name: part['toolName'] ?? '',
          arguments: part['args'] ?? part['input'] ?? {},
        };
      if (part['type'] === 'tool-result')
        return {
          type: 'tool_call_response',
          id: part['toolCallId'] ?? '',
          response: part['result'] ?? part['output'] ?? '',
        };
      return { ...part, content: part['text'] ?? '' };
    });
  return partsMessages(parts.length > 0 ? { role: message['role'] ?? 'user', parts } : message);
}
