import type { Json, JsonObject } from '../../../base/json.ts';
import { isObject } from '../../../base/json.ts';
import { chatMessage, chatRole, toolCall } from '../bodies.ts';
import { array, text } from '../record.ts';

/** A message of parts as OpenAI's messages: every tool response becomes one of its own. */
export function partsMessages(message: JsonObject): JsonObject[] {
  const parts = (array(message, 'parts') ?? []).filter(isObject);
  const role = chatRole(text(message, 'role')) ?? 'user';
  if (parts.length === 0) {
    const plain = chatMessage(message, 0);
    return plain === null ? [] : [plain];
  }
  const results: JsonObject[] = [];
  const texts: string[] = [];
  const media: JsonObject[] = [];
  const calls: JsonObject[] = [];
  let reasoning = '';
  for (const part of parts) {
    const kind = text(part, 'type');
    if (kind === 'text') texts.push(text(part, 'content', 'text') ?? '');
    else if (kind === 'reasoning') reasoning += text(part, 'content') ?? '';
    else if (kind === 'tool_call')
      calls.push(
        toolCall(text(part, 'id') ?? `call_${calls.length}`, text(part, 'name') ?? '', part['arguments']),
      );
    else if (kind === 'tool_call_response') {
      const said = part['response'] ?? part['result'] ?? '';
      const content = typeof said === 'string' ? said : JSON.stringify(said);
      results.push({ role: 'tool', tool_call_id: text(part, 'id') ?? 'call_0', content });
    } else if (kind === 'uri') media.push(image(text(part, 'uri') ?? ''));
    else if (kind === 'blob')
      media.push(
        image(`data:${text(part, 'mime_type') ?? 'image/png'};base64,${text(part, 'content', 'data') ?? ''}`),
      );
    else if (kind === 'file') media.push({ type: 'file', file: { file_id: text(part, 'file_id') ?? '' } });
  }
  if (role === 'tool' || (results.length > 0 && texts.length === 0)) return results;
  const said = texts.map((t) => ({ type: 'text', text: t }));
  const content = media.length > 0 ? [...said, ...media] : texts.length > 0 ? texts.join('\n') : null;
  const whole: Record<string, Json> = { role, content };
  if (calls.length > 0) whole['tool_calls'] = calls;
  if (reasoning !== '') whole['reasoning_content'] = reasoning;
  return [...results, whole];
}

export const image = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });
