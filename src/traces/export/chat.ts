import type { Json, JsonObject } from '../../base/json.ts';
import { type Message, messageText, type Part, type ToolCall } from '../../wire/chat.ts';
import type { Call } from '../trace.ts';

/** A call as a line of OpenAI's chat fine-tuning format: the conversation with the teacher's answer as its last message. */
export function chatLine({ request, response }: Call): JsonObject {
  const messages = request.messages.flatMap(chatMessages);
  const line: Record<string, Json> = {
    messages: [...messages, assistant(response?.text ?? null, response?.toolCalls ?? [])],
  };
  if (request.tools.length > 0) {
    line['tools'] = request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }));
  }
  if (request.parallelToolCalls !== null) line['parallel_tool_calls'] = request.parallelToolCalls;
  return line;
}

/** Every tool result is a message of its own there. */
function chatMessages(message: Message): JsonObject[] {
  const results = message.parts.flatMap((part): JsonObject[] =>
    part.kind === 'tool-result' ? [{ role: 'tool', tool_call_id: part.callId, content: part.text }] : [],
  );
  const others = message.parts.filter((part) => part.kind !== 'tool-result');
  if (others.length === 0 && results.length > 0) return results;
  const plain: Message = { ...message, parts: others };
  if (message.role !== 'assistant')
    return [...results, { role: roleOf(message), content: messageText(plain) }];
  const calls = others.flatMap((part: Part) => (part.kind === 'tool-call' ? [part.call] : []));
  return [...results, assistant(messageText(plain) || null, calls)];
}

const roleOf = ({ role }: Message): string => (role === 'tool' ? 'user' : role);

function assistant(text: string | null, calls: readonly ToolCall[]): JsonObject {
  const message: Record<string, Json> = { role: 'assistant', content: text };
  if (calls.length > 0) {
    message['tool_calls'] = calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }));
  }
  return message;
}
