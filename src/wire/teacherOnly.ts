import type { ChatRequest } from './chat.ts';

/**
 * What in a request only the teacher can honour (hosted tools, several answers, token probabilities, media), in words;
 * null where there is nothing. Temperature, top-p and seed are no obstacle: the student gives the answer that the
 * teacher most likely would, which is one of those the caller asked to sample from.
 */
export function teacherOnly(request: ChatRequest): string | null {
  const [first] = request.teacherOnly;
  if (first !== undefined) return first;
  const hosted = request.tools.find((tool) => tool.hosted);
  if (hosted !== undefined) return `hosted tool ${hosted.name}`;
  if (request.sampling.choices !== 1) return `${request.sampling.choices} answers asked for`;
  if (request.sampling.logprobs) return 'token probabilities asked for';
  for (const message of request.messages)
    for (const part of message.parts) if (part.kind === 'media') return `contains ${part.media}`;
  return null;
}
