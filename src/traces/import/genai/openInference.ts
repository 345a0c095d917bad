import type { JsonObject } from '../../../base/json.ts';
import { chatMessage } from '../bodies.ts';
import { indexed } from '../otlpValues.ts';
import { object, text } from '../record.ts';
import { image } from './parts.ts';
import type { Attributes, Content } from './span.ts';

/** OpenInference: `llm.input_messages.0.message.role`. */
export function openInference(a: Attributes): Content | null {
  const read = (prefix: string): JsonObject[] =>
    indexed(a, prefix)
      .map(inferenceMessage)
      .filter((m) => m !== null);
  const output = read('llm.output_messages')[0];
  if (output === undefined) return null;
  const tools = indexed(a, 'llm.tools').map((tool) => object(tool, 'tool.json_schema', 'tool'));
  return { messages: read('llm.input_messages'), output, finish: null, tools };
}

function inferenceMessage(entry: Attributes, index: number): JsonObject | null {
  const parts = indexed(entry, 'message.contents').map((part): JsonObject => {
    const url = text(part, 'message_content.image.image.url');
    return url === null ? { type: 'text', text: text(part, 'message_content.text') ?? '' } : image(url);
  });
  const tool_calls = indexed(entry, 'message.tool_calls')
    .filter((c) => text(c, 'tool_call.function.name') !== null)
    .map((c) => ({
      id: text(c, 'tool_call.id') ?? `call_${index}`,
      name: text(c, 'tool_call.function.name'),
      arguments: c['tool_call.function.arguments'] ?? '{}',
    }));
  const content = entry['message.content'] ?? (parts.length > 0 ? parts : null);
  const tool_call_id = text(entry, 'message.tool_call_id');
  return chatMessage({ role: entry['message.role'] ?? '', content, tool_call_id, tool_calls }, index);
}
