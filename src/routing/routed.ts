import { readRequest } from '../capabilities/request.ts';
import type { TaskMatch } from '../tasks/task.ts';
import type { ChatRequest } from '../wire/chat.ts';
import type { AskedKinds } from './policy.ts';

/** Which kind of request, of those that the user leaves to the teacher, this one is, in words; null where it is none. */
export function leftToTeacher(
  asked: AskedKinds | undefined,
  request: ChatRequest,
  { slots }: TaskMatch,
): string | null {
  if (asked === undefined || asked.ids.length === 0) return null;
  const ids = new Set(asked.ids);
  const input = asked.slots
    .map((name) => slots[name] ?? '')
    .join('\n')
    .trim();
  let found: string | null = null;
  const visit = (id: string): void => {
    if (ids.has(id)) found ??= id;
  };
  const tellsLanguage = asked.ids.some((id) => id.startsWith('input-language:'));
  readRequest(request, input, visit, tellsLanguage);
  return found === null ? null : `${found} stays with the teacher`;
}
