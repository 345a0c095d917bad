import type { Task } from '../tasks/task.ts';
import type { ModelInput } from './example.ts';

/** Names of the slots a student of this task reads, in the template's order. */
export function inputSlotsOf(task: Task): string[] {
  const kept = task.slots.filter((slot) => slot.kept && slot.type !== 'date').map((slot) => slot.name);
  return kept.length > 0 ? kept : task.slots.filter((slot) => slot.type === 'main').map((slot) => slot.name);
}

/** What a student reads of a call: the kept slots, and dates of the prompt as context. */
export function modelInputOf(task: Task, slots: Readonly<Record<string, string>>): ModelInput {
  const context: Record<string, string> = {};
  for (const slot of task.slots) {
    const value = slots[slot.name];
    if (slot.type === 'date' && value !== undefined) context[slot.name] = value;
  }
  return {
    slots: Object.fromEntries(inputSlotsOf(task).map((name) => [name, slots[name] ?? ''])),
    context,
  };
}

/** The text of an input as one string: slots in order, separated by a character that no text holds. */
export function inputText(input: ModelInput, slots: readonly string[]): string {
  return slots.map((name) => input.slots[name] ?? '').join('\u0001');
}
