import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isObject, parseJson } from '../base/json.ts';
import { answersAgree } from '../evaluation/compare.ts';
import { toCall } from '../traces/call.ts';
import { readTraces } from '../traces/reader.ts';
import { answerOf, messageText } from '../wire/chat.ts';

/** What the live calls of the demo came to, each student answer checked against the recording. */
export interface LiveCheck {
  readonly calls: number;
  readonly local: number;
  readonly disagreements: number;
  readonly studentMs: readonly number[];
  readonly teacherMs: readonly number[];
}

/** @param skip number of recorded calls that were made before the students were on. */
export async function compareWithRecording(
  storage: string,
  requests: string,
  skip: number,
): Promise<LiveCheck> {
  const recorded = new Map<string, string>();
  for (const line of gunzipSync(readFileSync(requests)).toString('utf8').split('\n')) {
    const row = parseJson(line);
    if (isObject(row)) recorded.set(String(row['input']), String(row['answer']));
  }
  const traces = [];
  for await (const trace of readTraces(path.join(storage, 'journal'), {})) traces.push(trace);
  const live = traces.sort((a, b) => a.startMs - b.startMs).slice(skip);
  const check = {
    calls: live.length,
    local: 0,
    disagreements: 0,
    studentMs: [] as number[],
    teacherMs: [] as number[],
  };
  for (const trace of live) {
    if (trace.servedBy === 'teacher') {
      check.teacherMs.push(trace.durationMs);
      continue;
    }
    check.local++;
    check.studentMs.push(trace.durationMs);
    const call = toCall(trace);
    const user = call?.request.messages.findLast((m) => m.role === 'user');
    const truth = user === undefined ? undefined : recorded.get(messageText(user));
    const answer = call?.response ? answerOf(call.response) : null;
    if (answer === null || truth === undefined || !answersAgree(answer, { text: truth, toolCalls: [] }))
      check.disagreements++;
  }
  return check;
}
