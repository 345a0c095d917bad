import type { Task } from '../tasks/task.ts';
import type { Answer } from '../wire/chat.ts';
import type { ModelInput } from './example.ts';
import { normalise } from './normaliser.ts';

/** Names of the slots a student of this task reads, in the template's order. */
export function inputSlotsOf(task: Task): string[] {
  const kept = task.slots.filter((slot) => slot.kept && slot.type !== 'date').map((slot) => slot.name);
  return kept.length > 0 ? kept : task.slots.filter((slot) => slot.type === 'main').map((slot) => slot.name);
}

/**
 * What may be read of a call: the kept slots, and dates of the prompt as context. Dates are slots as well, for a student
 * whose answers copy them; `narrowed` leaves what a given student reads.
 */
export function modelInputOf(task: Task, slots: Readonly<Record<string, string>>): ModelInput {
  const context: Record<string, string> = {};
  for (const name of dateSlotsOf(task)) {
    const value = slots[name];
    if (value !== undefined) context[name] = value;
  }
  const names = [...inputSlotsOf(task), ...Object.keys(context)];
  return { slots: Object.fromEntries(names.map((name) => [name, slots[name] ?? ''])), context };
}

/** The input with the slots that a student reads, and no others. */
export function narrowed(input: ModelInput, names: readonly string[]): ModelInput {
  return { ...input, slots: Object.fromEntries(names.map((name) => [name, input.slots[name] ?? ''])) };
}

/** Names of the slots that hold nothing but a date. */
export function dateSlotsOf(task: Task): string[] {
  return task.slots.filter((slot) => slot.type === 'date').map((slot) => slot.name);
}

/** Share of answers that must name the date of a slot before it is more than the day of the call. */
const leastCopied = 0.3;

/** Date slots that the answers copy: the date of a document, not the day on which it is read. */
export function copiedDates(
  task: Task,
  calls: readonly { readonly input: ModelInput; readonly answer: Answer }[],
): string[] {
  return dateSlotsOf(task).filter((name) => {
    const copied = calls.filter(({ input, answer }) => {
      const text = input.slots[name] ?? '';
      const said = `${answer.text ?? ''}${answer.toolCalls.map((call) => call.arguments).join('')}`;
      const days = ['date', 'date-day-first'].map((reader) => normalise(text, [reader]));
      return text !== '' && [text, ...days].some((day) => day !== null && said.includes(day));
    });
    return copied.length > leastCopied * Math.max(1, calls.length);
  });
}

/** The text of an input as one string: slots in order, separated by a character that no text holds. */
export function inputText(input: ModelInput, slots: readonly string[]): string {
  return slots.map((name) => input.slots[name] ?? '').join('\u0001');
}
