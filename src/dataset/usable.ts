import type { AssignedCall, CallKind, Task } from '../tasks/task.ts';
import { teacherOnly } from '../wire/teacherOnly.ts';

/** Which calls of a task are learned from, and whether there is any use in it. */

/** Why calls of a kind stay with the teacher where a task has many of them. */
export const declining: Readonly<Partial<Record<CallKind, string>>> = {
  refusal: 'the teacher declines such calls',
  hedge: 'the teacher asks back or doubts on such calls',
  truncated: 'the limit on its tokens cuts the answer',
};

/**
 * Above this share of the calls, declining is a part of the task: the student must know what to pass on, and a promise that
 * left them out would be one about other traffic.
 */
const oftenDeclined = 0.01;

/**
 * Oldest first; whole, normal answers of a teacher to calls of versions whose output is today's, and of refusals, hedges
 * and cut answers what comes often.
 */
export function usableCalls(task: Task, calls: readonly AssignedCall[]): AssignedCall[] {
  const since = firstVersionOfOutput(task);
  const own = calls.filter(
    ({ call, assignment }) =>
      assignment.taskId === task.id &&
      assignment.version >= since &&
      call.trace.servedBy === 'teacher' &&
      call.response !== null,
  );
  const often = (kind: CallKind): boolean =>
    own.filter(({ assignment }) => assignment.kind === kind).length > oftenDeclined * own.length;
  const kinds = new Set<CallKind>(['normal', ...(['refusal', 'hedge', 'truncated'] as const).filter(often)]);
  return own
    .filter(({ assignment }) => kinds.has(assignment.kind))
    .sort((a, b) => a.call.trace.startMs - b.call.trace.startMs);
}

/** The oldest version from which on only the wording changed. A new label or tool beside the old ones changes no old answer. */
function firstVersionOfOutput(task: Task): number {
  const current = task.versions.at(-1);
  if (current === undefined) return 1;
  let since = current.version;
  for (const version of [...task.versions].reverse()) {
    since = version.version;
    if (version.change?.kind === 'major' && !isAdditive(version.change.summary)) break;
  }
  return since;
}

function isAdditive(summary: string): boolean {
  return !/removed|renamed|model/i.test(summary);
}

/** The newest calls that tell what the callers ask for, and the share of them that no student can honour. */
const newestCalls = 200;
const nearlyAll = 0.95;

/** Why no student of this task would ever be asked, in words; null where it may be. */
export function leftAlways(calls: readonly AssignedCall[]): string | null {
  const counts = new Map<string, number>();
  const newest = calls.slice(-newestCalls);
  for (const { call } of newest) {
    const only = teacherOnly(call.request);
    if (only !== null) counts.set(only, (counts.get(only) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  const left = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return most === undefined || left < nearlyAll * newest.length
    ? null
    : `Nearly every call asks for what only the teacher can give (${most[0]}); calls without it could be served.`;
}
