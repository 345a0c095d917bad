import { canonicalJson, isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { Task } from '../../tasks/task.ts';
import type { Answer } from '../../wire/chat.ts';
import { jsonStyle, type Written } from '../habit.ts';
import type { ObjectField, OutputPlan, PlanNode, SpanSlot, TextStyle, ToolPlan } from '../plan.ts';
import { isCalledAgain } from '../planSlots.ts';
import { placesOf } from '../spans.ts';
import { plainStyle } from '../style.ts';
import type { Observation } from './infer.ts';
import { inferNode } from './node.ts';
import type { Sample } from './place.ts';
import { learnable, mostRouted, tally } from './values.ts';

/** The plan of a task that answers with calls: which tools in which order, and a plan for the arguments of each. */
export function inferTools(observations: readonly Observation[], task: Task): OutputPlan {
  const sequences = tally(observations.map((o) => o.answer.toolCalls.map((call) => call.name)));
  const known = learnable(sequences);
  const covered = known.reduce((sum, entry) => sum + entry.count, 0);
  if (covered < 0.9 * observations.length)
    return {
      kind: 'unplannable',
      reason: `The tools called change from call to call: ${sequences.length} different combinations in ${observations.length} answers.`,
    };
  const style = jsonStyle(argumentTexts(observations), 0.8) ?? noArguments(observations);
  if (style === null)
    return { kind: 'unplannable', reason: 'The teacher writes the arguments of its calls in changing ways.' };
  const tools: ToolPlan[] = [];
  const lists = known.map((entry) => entry.value);
  for (const { name, occurrence, samples } of calledTools(observations)) {
    const scope = occurrence === 0 ? name : `${name}#${occurrence + 1}`;
    const several = isCalledAgain(lists, name);
    const node = inferNode(samples, { name: scope, schema: parametersOf(task, name), several });
    // A tool whose arguments cannot be planned is routed: its calls have no plan and stay with the teacher.
    if (node.kind === 'unknown' && occurrence === 0 && samples.length > mostRouted * observations.length)
      return { kind: 'unplannable', reason: node.reason };
    if (node.kind !== 'unknown')
      tools.push({ name, occurrence, arguments: several ? withCommon(node, name, observations) : node });
    else tools.push({ name, occurrence, arguments: { kind: 'text', slot: { name: scope } } });
  }
  return {
    kind: 'tool-answer',
    tools,
    choice: { name: 'tool', values: lists },
    texts: known.map((entry) => textBeside(observations, entry.key)),
    style,
  };
}

/** Seen less often than this, a value that several calls share is a chance. */
const leastCommon = 5;

/** Marks the arguments that several calls of the tool have had from one place of the input. */
function withCommon(node: PlanNode, tool: string, observations: readonly Observation[]): PlanNode {
  if (node.kind !== 'object') return node;
  const several = observations.flatMap(({ answer, input }) => {
    const values = answer.toolCalls.flatMap((call) => {
      const value = call.name === tool ? parseJson(call.arguments) : undefined;
      return isObject(value) ? [value] : [];
    });
    return values.length > 1 ? [{ values, input }] : [];
  });
  const isCommon = (key: string, slot: SpanSlot): boolean => {
    const shared = several.filter(({ values, input }) => {
      const [first, ...others] = values.map((value) => value[key]);
      if (typeof first !== slot.type || others.some((other) => other !== first)) return false;
      const places = placesOf(String(first), slot, input);
      return [...places].length < values.length;
    });
    return shared.length >= Math.max(leastCommon, 0.02 * several.length);
  };
  const fields = node.fields.map((field): ObjectField => {
    if (field.node.kind !== 'span' || field.node.slot.join || !isCommon(field.key, field.node.slot))
      return field;
    return { ...field, node: { ...field.node, slot: { ...field.node.slot, common: true } } };
  });
  return { ...node, fields };
}

/** The plan of the text beside one sequence of calls, or in place of calls; null for none. */
function textBeside(observations: readonly Observation[], key: string): PlanNode | null {
  const own = observations.filter(
    ({ answer }) => canonicalJson(answer.toolCalls.map((call) => call.name)) === key,
  );
  const said = own.filter(({ answer }) => answer.text !== null);
  if (said.length === 0 || said.length < 0.02 * own.length) return null;
  const called = own[0]!.answer.toolCalls.map((call) => call.name).join('+');
  const name = called === '' ? 'an answer without a call' : `the text beside ${called}`;
  const node = inferNode(
    own.map(({ answer, input }) => ({ value: answer.text, input })),
    { name, schema: null },
  );
  // What is said freely keeps its calls at the teacher; which calls those are is learned all the same.
  return node.kind === 'unknown' ? { kind: 'text', slot: { name } } : node;
}

function argumentTexts(observations: readonly Observation[]): Written[] {
  return observations.flatMap((o) =>
    o.answer.toolCalls
      .filter((call) => call.arguments !== '')
      .map((call): Written => ({ text: call.arguments, scope: call.name })),
  );
}

function noArguments(observations: readonly Observation[]): TextStyle | null {
  return argumentTexts(observations).length === 0 ? { ...plainStyle, format: 'json' } : null;
}

interface CalledTool {
  readonly name: string;
  readonly occurrence: number;
  /** Every call of the tool: a second call is written like a first one, and there are fewer of them to learn that from. */
  readonly samples: readonly Sample[];
}

function calledTools(observations: readonly Observation[]): CalledTool[] {
  const found = new Map<string, { most: number; samples: Sample[] }>();
  for (const { answer, input } of observations) {
    for (const { call, occurrence } of occurrences(answer)) {
      const value = parseJson(call.arguments === '' ? '{}' : call.arguments);
      if (!isObject(value)) continue;
      const entry = found.get(call.name) ?? { most: 0, samples: [] };
      entry.most = Math.max(entry.most, occurrence);
      entry.samples.push({ value, input });
      found.set(call.name, entry);
    }
  }
  return [...found].flatMap(([name, { most, samples }]) =>
    Array.from({ length: most + 1 }, (_, occurrence) => ({ name, occurrence, samples })),
  );
}

/** The calls of an answer with their number among the calls of the same tool. */
function occurrences(answer: Answer) {
  const seen = new Map<string, number>();
  return answer.toolCalls.map((call) => {
    const occurrence = seen.get(call.name) ?? 0;
    seen.set(call.name, occurrence + 1);
    return { call, occurrence };
  });
}

function parametersOf(task: Task, name: string): JsonObject | null {
  const toolset = task.versions.at(-1)?.toolset;
  const tools = toolset?.kind === 'fixed' ? toolset.tools : [];
  return tools.find((tool) => tool.name === name)?.parameters ?? null;
}
