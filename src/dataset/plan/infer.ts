import { type Json, parseJson } from '../../base/json.ts';
import type { Task } from '../../tasks/task.ts';
import type { Answer } from '../../wire/chat.ts';
import type { ModelInput } from '../example.ts';
import type { OutputPlan, PlanNode } from '../plan.ts';
import { jsonFrame, jsonStyle, plainStyle } from '../style.ts';
import { inferNode } from './node.ts';
import type { Sample } from './place.ts';
import { inferTools } from './tools.ts';
import { isClosed, learnable, mostClasses, tally } from './values.ts';

export interface Observation {
  readonly answer: Answer;
  readonly input: ModelInput;
}

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
  if (withTools.length >= 0.5 * observations.length || task.output.kind === 'tools')
    return inferTools(observations, task);
  const texts = observations.flatMap((o) => (o.answer.text === null ? [] : [{ ...o, text: o.answer.text }]));
  const framed = texts.filter((o) => isStructure(o.text));
  if (framed.length >= 0.9 * texts.length) return inferJson(framed, task);
  return inferLabels(texts, task);
}

interface TextObservation extends Observation {
  readonly text: string;
}

function isStructure(text: string): boolean {
  return jsonFrame(text) !== null;
}

function inferJson(observations: readonly TextObservation[], task: Task): OutputPlan {
  const style = jsonStyle(observations.map((o) => o.text));
  if (style === null)
    return unplannable(
      'The teacher writes its JSON in changing ways; no one habit covers nine answers in ten.',
    );
  const schema = task.versions.at(-1)?.outputFormat;
  const samples: Sample[] = observations.flatMap((o) => {
    const value = parseJson(jsonFrame(o.text)?.body ?? '');
    return value === undefined ? [] : [{ value, input: o.input }];
  });
  const node = inferNode(samples, {
    name: '',
    schema: schema?.kind === 'schema' ? schema.schema : null,
  });
  return node.kind === 'unknown' ? unplannable(node.reason) : { kind: 'text-answer', node, style };
}

function inferLabels(observations: readonly TextObservation[], task: Task): OutputPlan {
  const tallies = tally(observations.map((o) => o.text));
  const known = task.output.kind === 'labels' && tallies.length <= mostClasses;
  if (known || isClosed(tallies, observations.length)) {
    const values = learnable(tallies).map((entry) => entry.value);
    if (values.length === 1)
      return { kind: 'text-answer', node: { kind: 'constant', value: values[0]! }, style: plainStyle };
    if (values.length > 1)
      return {
        kind: 'text-answer',
        node: { kind: 'choice', slot: { name: 'label', values } },
        style: plainStyle,
      };
  }
  const several = inferSeveral(observations, task);
  return several ?? unplannable(freeTextReason(observations, task));
}

/** Labels joined by a separator: a subset of a closed set, written as one text. */
function inferSeveral(observations: readonly TextObservation[], task: Task): OutputPlan | null {
  const separators =
    task.output.kind === 'multi-label' ? [task.output.separator] : [', ', '\n', '; ', ' | ', ','];
  for (const separator of separators) {
    const parts = observations.flatMap((o) => o.text.split(separator));
    if (parts.length < observations.length * 1.05) continue;
    const tallies = tally(parts);
    if (!isClosed(tallies, observations.length)) continue;
    const values = tally(observations.map((o) => o.text));
    // Whole combinations as classes: right where few combinations cover nearly everything.
    if (isClosed(values, observations.length)) return null;
    return {
      kind: 'text-answer',
      node: subsetNode(learnable(tallies).map((entry) => entry.value)),
      style: { ...plainStyle, itemSeparator: separator },
    };
  }
  return null;
}

function subsetNode(values: readonly Json[]): PlanNode {
  return {
    kind: 'subset',
    values,
    slots: values.map((value) => ({ name: `label=${String(value)}`, values: [false, true] })),
  };
}

function freeTextReason(observations: readonly TextObservation[], task: Task): string {
  if (task.output.kind === 'text' || task.output.kind === 'label-then-text') {
    const given = task.output.kind === 'text' ? task.output.reason : '';
    if (given !== '') return `The answers are free text: ${given}`;
  }
  const distinct = new Set(observations.map((o) => o.text)).size;
  const words = observations.map((o) => o.text.split(/\s+/).length).sort((a, b) => a - b);
  const median = words[Math.floor(words.length / 2)] ?? 0;
  return `The answers are free text (${distinct} different ones in ${observations.length} calls, ${median} words in the middle): nothing closed to choose from and nothing to copy, so a local student cannot promise to repeat them.`;
}

export function unplannable(reason: string): OutputPlan {
  return { kind: 'unplannable', reason };
}
