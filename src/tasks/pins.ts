import type { ChatRequest } from '../wire/chat.ts';
import { createMatcher } from './matcher.ts';
import { slug } from './names.ts';
import type { Task, TaskMatch } from './task.ts';

/**
 * Recognises live requests that name their task. The name is the user's word: the request is a call of that task, in the
 * version whose template it matches, or of none that is known; whatever else it looks like does not count.
 */
export function createPinMatcher(
  tasks: readonly Task[],
): (pin: string, request: ChatRequest) => TaskMatch | null {
  const matchers = new Map<Task, (request: ChatRequest) => TaskMatch | null>();
  return (pin, request) => {
    const task = pinnedTask(tasks, pin.trim());
    if (task === null) return null;
    let match = matchers.get(task);
    if (match === undefined) {
      match = createMatcher([task]);
      matchers.set(task, match);
    }
    return match(request);
  };
}

/** A pin names a task by its id, by the name that its id was made from, or by the name that is shown. */
function pinnedTask(tasks: readonly Task[], pin: string): Task | null {
  return (
    tasks.find(({ id }) => id === pin) ??
    tasks.find(({ id }) => id === slug(pin)) ??
    tasks.find(({ name }) => name === pin) ??
    null
  );
}
