import { parseJson } from '../../base/json.ts';
import type { Task } from '../../tasks/task.ts';
import type { Answer } from '../../wire/chat.ts';
import { endingHabit } from '../ending.ts';
import type { ModelInput } from '../example.ts';
import { jsonFrame } from '../frame.ts';
import { jsonStyle } from '../habit.ts';
import type { OutputPlan, TextStyle } from '../plan.ts';
import { readText } from '../style.ts';
import { inferNode } from './node.ts';
import type { Sample } from './place.ts';
import { inferText } from './texts.ts';
import { inferTools } from './tools.ts';

export interface Observation {
  readonly answer: Answer;
  readonly input: ModelInput;
  /** What the request had written of the answer already, and the sequences that would end it. */
  readonly begun?: string;
  readonly stops?: readonly string[];
}

/** Below this share of calls with tools the answers are texts, and what calls a tool is routed. */
const leastTools = 0.1;

/** Share of the texts that must hold JSON; what does not is routed. */
const leastJson = 0.7;

/** Infers what a right answer looks like from answers that were given; the task's output shape settles doubts. */
export function inferPlan(observations: readonly Observation[], task: Task): OutputPlan {
  const varying = task.versions.at(-1)?.toolset;
  if (varying?.kind === 'varying')
    return unplannable(
      `Every call brings its own tools (such as ${varying.example.map((tool) => tool.name).join(', ') || 'none'}), so there is no closed set to learn; calls stay with the teacher.`,
    );
  if (observations.length < 10)
    return unplannable(
      `Only ${observations.length} usable answers so far; a student needs more to learn from.`,
    );
  const withTools = observations.filter((o) => o.answer.toolCalls.length > 0);
  if (withTools.length >= leastTools * observations.length || task.output.kind === 'tools')
    return inferTools(observations, task);
  const texts = observations.flatMap((o) =>
    o.answer.text === null || o.answer.toolCalls.length > 0 ? [] : [{ ...o, text: o.answer.text }],
  );
  const plan = inferJson(texts, task) ?? inferText(texts, task);
  const endings = endingHabit(observations.map(({ answer }) => answer));
  return plan.kind !== 'text-answer' || endings === null ? plan : { ...plan, endings };
}

export interface TextObservation extends Observation {
  readonly text: string;
}

/** null where the answers are no JSON, not even with what the caller began and a stop sequence ended. */
function inferJson(observations: readonly TextObservation[], task: Task): OutputPlan | null {
  const ends = endsOf(observations);
  if (ends === null) return null;
  const { begun, cut } = ends;
  const texts = observations.map((o) => ({ text: begun + o.text + cut, scope: '' }));
  const framed = texts.filter(({ text }) => jsonFrame(text) !== null);
  const found = jsonStyle(framed);
  if (found === null)
    return unplannable(
      'The teacher writes words around its JSON that change from call to call; asking for JSON alone, or a schema in the request, would make it learnable.',
    );
  const style: TextStyle = { ...found, begun, cut };
  const schema = task.versions.at(-1)?.outputFormat;
  const samples: Sample[] = observations.flatMap((o) => {
    const value = readText(o.text, style) ?? parseJson(jsonFrame(begun + o.text + cut)?.body ?? '');
    return value === undefined ? [] : [{ value, input: o.input }];
  });
  const node = inferNode(samples, { name: '', schema: schema?.kind === 'schema' ? schema.schema : null });
  return node.kind === 'unknown' ? unplannable(node.reason) : { kind: 'text-answer', node, style };
}

/** How the answers become whole: as they are, after the caller's prefill, before the stop sequence that ended them. */
function endsOf(observations: readonly TextObservation[]): { begun: string; cut: string } | null {
  const last = observations.at(-1);
  const begins = [...new Set(['', last?.begun ?? ''])];
  const cuts = ['', ...(last?.stops ?? [])];
  for (const begun of begins)
    for (const cut of cuts) {
      const read = observations.filter(
        (o) => jsonFrame(begun + o.text + cut) !== null && (o.begun ?? '').startsWith(begun),
      );
      if (read.length >= leastJson * observations.length) return { begun, cut };
    }
  return null;
}

export function unplannable(reason: string): OutputPlan {
  return { kind: 'unplannable', reason };
}
