import { excerpt } from '../base/text.ts';
import type { AssignedCall, Task } from '../tasks/task.ts';
import { answerOf, messageText, wholeText } from '../wire/chat.ts';
import { type Place, readAnswer, readOptions } from './reading.ts';
import { readRequest, readResponse } from './request.ts';

/** Everything the analysis needs from the calls, counted in one pass: which call used what, and when. */
export interface Tally {
  /** Start of each counted call, ascending. A call is named by its index here. */
  readonly times: Float64Array;
  readonly versions: Int32Array;
  /** 1 where the answer is a normal one: only those count for labels, fields and tools. */
  readonly normal: Uint8Array;
  /** What the student would read, shortened: for near duplicates. */
  readonly inputs: readonly string[];
  readonly uses: ReadonlyMap<string, Use>;
  /**
   * What each call stands for in shares of the traffic: 1, and for the teacher's answer to an audit the number of calls
   * that the student answered per audit. As evidence an audit counts once: it is one look at what the teacher does, and a
   * bound that counted the others would claim looks that nobody took.
   */
  readonly weights: Float64Array;
  /** Calls that the student answered: no opportunity for anything, but for the audits recorded beside them. */
  readonly answeredHere: number;
  readonly audited: number;
}

export interface Use {
  /** Indices of calls, ascending, each once. */
  readonly calls: number[];
  readonly place: Place | null;
}

const MAX_INPUT = 600;
/** More distinct values than this in one place and it is no enumeration: later ones are not told apart. */
const MAX_VALUES = 20_000;

/** Reads every answered call of a task once. Linear in the calls. */
export function tallyCalls(task: Task, calls: readonly AssignedCall[]): Tally {
  const counted = calls.filter(isCounted).sort((a, b) => a.call.trace.startMs - b.call.trace.startMs);
  const answeredHere = calls.filter(({ call }) => call.trace.servedBy === 'student').length;
  const audited = counted.filter(({ call }) => isAudit(call)).length;
  const auditWeight = audited === 0 ? 1 : Math.max(1, answeredHere / audited);
  const uses = new Map<string, Use>();
  const perPlace = new Map<string, number>();
  const options = readOptions(task);
  const kept = task.slots.filter((slot) => slot.kept).map((slot) => slot.name);
  const normal = new Uint8Array(counted.length);
  const inputs: string[] = [];
  counted.forEach(({ call, assignment }, index) => {
    const use = (id: string, place: Place | null): void => {
      const known = uses.get(id);
      if (known !== undefined) {
        if (known.calls.at(-1) !== index) known.calls.push(index);
        return;
      }
      const group = place === null ? id.slice(0, 6) : `${place.scope}.${place.path}`;
      const distinct = perPlace.get(group) ?? 0;
      if (distinct >= MAX_VALUES) return;
      perPlace.set(group, distinct + 1);
      uses.set(id, { calls: [index], place });
    };
    const input = inputText(call, assignment.slots, kept);
    inputs.push(input);
    readRequest(call.request, input, use);
    if (call.response === null) return;
    readResponse(call.response, assignment.kind, use);
    if (assignment.kind !== 'normal') return;
    normal[index] = 1;
    readAnswer({ ...answerOf(call.response), text: wholeText(call.request, call.response) }, options, use);
  });
  return {
    times: Float64Array.from(counted, ({ call }) => call.trace.startMs),
    versions: Int32Array.from(counted, ({ assignment }) => assignment.version),
    normal,
    inputs,
    uses,
    weights: Float64Array.from(counted, ({ call }) => (isAudit(call) ? auditWeight : 1)),
    answeredHere,
    audited,
  };
}

/** The teacher's answer to a call that the student had answered: a call of its own. */
function isAudit({ trace }: AssignedCall['call']): boolean {
  return trace.source === 'audit';
}

/** The teacher's word only. Errors and calls of no task say nothing about the offer. */
function isCounted({ call, assignment }: AssignedCall): boolean {
  if (call.response === null) return false;
  if (assignment.kind === 'error' || assignment.kind === 'ad-hoc' || assignment.kind === 'probe')
    return false;
  return call.trace.servedBy === 'teacher';
}

function inputText(
  call: AssignedCall['call'],
  slots: Readonly<Record<string, string>>,
  kept: readonly string[],
): string {
  let text = '';
  for (const name of kept) text += `${slots[name] ?? ''}\n`;
  if (text.trim() === '') {
    const user = call.request.messages.findLast((message) => message.role === 'user');
    text = user === undefined ? '' : messageText(user);
  }
  return excerpt(text.trim(), MAX_INPUT);
}
