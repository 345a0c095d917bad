import { parseJson } from '../base/json.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Trace } from '../traces/trace.ts';
import { type Answer, answerOf } from '../wire/chat.ts';
import { formats } from '../wire/formats.ts';
import { traceIdOf } from './sender.ts';
import type { ReplayLine } from './traffic.ts';

/** One test call of a replay: what the student said, where the call went, and whether the teacher agrees. */
export interface PredictionLine {
  readonly file: string;
  readonly line: number;
  readonly task: string | null;
  readonly route: 'student' | 'teacher';
  readonly reason: string;
  readonly confidence: number | null;
  readonly answer: Answer | null;
  readonly agree: boolean | null;
  /** For the evaluation; not written to the file. */
  readonly scored: Scored | null;
  readonly milliseconds: number;
}

export function predictionsOf(
  lines: readonly ReplayLine[],
  traces: ReadonlyMap<string, Trace>,
): PredictionLine[] {
  return lines.map((line) => predictionOf(line, traces.get(traceIdOf(line))));
}

function predictionOf(line: ReplayLine, trace: Trace | undefined): PredictionLine {
  const route = trace?.route ?? null;
  const teacher = teacherAnswer(line, trace);
  const answer = route?.answer ?? null;
  const agree = answer === null || teacher === null ? null : answersAgree(answer, teacher);
  const confidence = route?.confidence ?? null;
  // Predictions beside the teacher's answers are left out where the worker is busy: they say nothing about the student.
  const unasked = route?.reason === 'shadow' && answer === null && confidence === null;
  return {
    file: line.file,
    line: line.line,
    task: route?.taskId ?? null,
    route: trace?.servedBy ?? 'teacher',
    reason: route?.reason ?? 'no-task',
    confidence,
    answer,
    agree,
    milliseconds: trace?.durationMs ?? 0,
    scored:
      teacher === null || route === null || unasked
        ? null
        : {
            callId: traceIdOf(line),
            atMs: line.atMs,
            confidence: confidence ?? 0,
            agree: agree ?? false,
            answered: answer !== null && route.reason !== 'no-answer',
            bucket: route.bucket ?? 'none',
            cached: false,
          },
  };
}

/** The recorded answer, where the call went well. */
function teacherAnswer(line: ReplayLine, trace: Trace | undefined): Answer | null {
  if (line.status !== 200) return null;
  const format = formats.find((f) => f.name === trace?.format);
  const parsed = format?.parseResponse(parseJson(line.response) ?? null);
  return parsed?.ok ? answerOf(parsed.value) : null;
}
