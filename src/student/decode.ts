import { hash32 } from '../base/hash.ts';
import { canonicalJson, type Json } from '../base/json.ts';
import type { Targets } from '../dataset/align.ts';
import type { ModelInput, Target } from '../dataset/example.ts';
import type { ChoiceSlot, OutputPlan, PlanNode, TextSlot, ToolPlan } from '../dataset/plan.ts';
import { nodeSlots } from '../dataset/planSlots.ts';
import { fillPlan } from '../dataset/render.ts';
import type { Answer } from '../wire/chat.ts';
import { withCallTags } from './callTags.ts';
import type { Texts } from './generator/model.ts';
import type { WrittenText } from './generator/write.ts';
import { withHints } from './hints.ts';
import { shapeOf } from './probability.ts';
import { carriedChoices } from './several.ts';

/** What the rungs say of one input, before the plan turns it into an answer. */
export interface Evidence {
  /** Class probabilities by choice slot. */
  readonly choices: ReadonlyMap<string, Float64Array>;
  /** Tags the input for one tool ('' where the answer is a text) given the choices made; null where nothing is copied. */
  readonly tag: ((group: string, chosen: Targets) => TaggedSpans) | null;
  /** Similarity to the nearest training inputs of a class. */
  readonly near: ((slot: string, index: number) => number | null) | null;
  /** Share of the input that training never saw. */
  readonly unseen: number;
  /** Class probabilities of each rung and network alone, by choice slot; empty where there is one. */
  readonly members: ReadonlyMap<string, readonly Float64Array[]>;
  /** Short texts by slot, where a generator wrote them. */
  readonly texts?: Texts;
}

export interface TaggedSpans {
  readonly targets: Targets;
  /** Probability of the whole tagging. */
  readonly probability: number;
  /** Is the text masked as a training answer was? True where nothing is masked. */
  readonly familiar: boolean;
  /** How the copies look, as hashes. */
  readonly signs: readonly number[];
}

/** An answer with the figures that tell how far to trust it. */
export interface Decoded {
  readonly answer: Answer | null;
  /** Why there is no answer, in words. */
  readonly reason: string | null;
  readonly targets: Targets;
  readonly bucket: string;
  readonly signals: Signals;
  /** What is copied, and how that looks, as hashes, each once; none where nothing is copied. */
  readonly signs: Uint32Array;
}

export interface Signals {
  /** Product over the slots that the answer uses. */
  readonly joint: number;
  readonly least: number;
  readonly margin: number;
  readonly entropy: number;
  readonly spans: number;
  readonly agreement: number;
  readonly unseen: number;
  /** Similarity to the nearest training inputs of the chosen class. */
  readonly near: number;
  readonly slots: number;
  /** Is every masked text one that training had? */
  readonly template: boolean;
  /** Of the texts written: the product of their probabilities, and their least sure piece; null where none can be. */
  readonly written: Pick<WrittenText, 'probability' | 'least' | 'margin'> | null;
}

/** Fills the plan with the most probable values and renders it. */
export function decode(plan: OutputPlan, said: Evidence, input: ModelInput): Decoded {
  const evidence = { ...said, choices: withHints(plan, withCallTags(plan, said)) };
  const targets: Record<string, Target> = {};
  const used: ChoiceSlot[] = [];
  let spans = 1;
  let template = true;
  const signs: number[] = [];
  const choose = (slot: ChoiceSlot): number => {
    const best = shapeOf(evidence.choices.get(slot.name) ?? Float64Array.of(1)).best;
    targets[slot.name] = { kind: 'class', index: best };
    used.push(slot);
    return best;
  };
  const copy = (node: PlanNode, group: string): void => {
    if (evidence.tag === null || nodeSlots(node).spans.length === 0) return;
    const tagged = evidence.tag(group, targets);
    Object.assign(targets, tagged.targets);
    spans *= tagged.probability;
    template &&= tagged.familiar;
    signs.push(...tagged.signs);
    for (const { name } of nodeSlots(node).spans.filter(({ apart }) => apart)) {
      const own = evidence.tag(groupApart(group, name), targets);
      Object.assign(targets, own.targets);
      spans *= own.probability;
      signs.push(...own.signs);
    }
  };
  const texts: WrittenText[] = [];
  const write = (slot: TextSlot): void => {
    const text = evidence.texts?.get(slot.name);
    if (text === undefined) return;
    targets[slot.name] = { kind: 'text', text: text.text };
    texts.push(text);
  };
  // Passing on is a choice as well; only what speaks for answering counts as a sign of trust.
  const routed = plan.kind === 'unplannable' ? undefined : plan.route;
  if (routed !== undefined) choose(routed);
  if (plan.kind === 'text-answer') {
    fill(plan.node, choose, write);
    copy(plan.node, '');
  } else if (plan.kind === 'tool-answer') {
    const chosen = choose(plan.choice);
    const names = plan.choice.values[chosen] as readonly string[];
    const beside = plan.texts[chosen] ?? null;
    if (beside !== null) {
      fill(beside, choose, write);
      copy(beside, groupOfText(chosen));
    }
    const seen = new Map<string, number>();
    for (const name of names) {
      const occurrence = seen.get(name) ?? 0;
      seen.set(name, occurrence + 1);
      const tool = plan.tools.find((t) => t.name === name && t.occurrence === occurrence);
      if (tool === undefined) continue;
      const several = names.filter((other) => other === name).length > 1;
      const carried = several ? carriedChoices(plan).get(name) : undefined;
      fill(tool.arguments, (slot) => (carried?.slots.has(slot.name) === true ? 0 : choose(slot)), write);
      const group = occurrence === 0 ? carried?.group : undefined;
      copy(tool.arguments, group ?? groupOf(name, occurrence));
    }
    if (!isEven(plan, seen, targets)) spans *= unevenTrust;
  }
  const written = evidence.texts === undefined ? null : together(texts);
  const filled = fillPlan(plan, { targets, input });
  const bucket = bucketOf(plan, targets);
  if (evidence.tag !== null) signs.push(...signsOfSlots(bucket, targets));
  return {
    answer: filled.ok ? filled.value : null,
    reason: filled.ok ? null : filled.error,
    targets,
    bucket,
    signs: Uint32Array.from(new Set(signs)),
    signals: { ...signalsOf(used, evidence, spans, written), template, written },
  };
}

/** Which slots are copied into, each and all together. */
function signsOfSlots(bucket: string, targets: Targets): number[] {
  const filled = Object.entries(targets)
    .flatMap(([slot, target]) => (target.kind === 'spans' && target.spans.length > 0 ? [slot] : []))
    .sort();
  return [bucket, ...filled.map((slot) => `slot ${slot}`), `${bucket} ${filled.join()}`].map((sign) =>
    hash32(sign, 14),
  );
}

function together(texts: readonly WrittenText[]): NonNullable<Signals['written']> {
  return {
    probability: texts.reduce((product, text) => product * text.probability, 1),
    least: texts.reduce((least, text) => Math.min(least, text.least), 1),
    margin: texts.reduce((least, text) => Math.min(least, text.margin), 1),
  };
}

/** What is left of the trust in spans that fill more or fewer calls of a tool than were chosen. */
const unevenTrust = 0.3;

/**
 * Do the spans fill the calls of each tool that were chosen and no further ones? Of several calls all or none must be
 * filled: a lone span may belong to any of them.
 */
function isEven(
  plan: OutputPlan & { kind: 'tool-answer' },
  chosen: ReadonlyMap<string, number>,
  targets: Targets,
): boolean {
  const isFilled = ({ arguments: node }: ToolPlan): boolean =>
    nodeSlots(node).spans.some((slot) => {
      const target = targets[slot.name];
      return target?.kind === 'spans' && target.spans.length > 0;
    });
  return [...chosen].every(([name, n]) => {
    const filled = plan.tools.filter((tool) => tool.name === name && isFilled(tool));
    if (filled.some((tool) => tool.occurrence >= n)) return false;
    return n === 1 || filled.length === 0 || filled.length === n;
  });
}

/** Name of the tag group of one call: the span slots of its arguments. */
export function groupOf(tool: string, occurrence: number): string {
  return occurrence === 0 ? tool : `${tool}#${occurrence + 1}`;
}

/** Name of the tag group of one slot that is tagged by itself. */
export function groupApart(group: string, slot: string): string {
  return `${group}|${slot}`;
}

/** Name of the tag group of the text beside one sequence of calls. */
export function groupOfText(sequence: number): string {
  return `text beside ${sequence}`;
}

function fill(node: PlanNode, choose: (slot: ChoiceSlot) => number, write: (slot: TextSlot) => void): void {
  if (node.kind === 'choice') choose(node.slot);
  else if (node.kind === 'text') write(node.slot);
  else if (node.kind === 'subset') node.slots.forEach(choose);
  else if (node.kind === 'maybe') {
    if (choose(node.slot) === 1) fill(node.node, choose, write);
  } else if (node.kind === 'tuple') {
    for (const item of node.items) fill(item, choose, write);
  } else if (node.kind === 'worded') fill(node.node, choose, write);
  else if (node.kind === 'template') {
    for (const part of node.parts) if (typeof part !== 'string') fill(part, choose, write);
  } else if (node.kind === 'object') {
    for (const field of node.fields) {
      const there = field.presence === null || field.presence === 'found' || choose(field.presence) === 1;
      if (there) fill(field.node, choose, write);
    }
  }
}

function signalsOf(
  used: readonly ChoiceSlot[],
  evidence: Evidence,
  spans: number,
  written: Signals['written'],
): Omit<Signals, 'template' | 'written'> {
  let joint = spans * (written?.probability ?? 1);
  let least = Math.min(spans, written?.probability ?? 1);
  let margin = written?.margin ?? 1;
  let entropy = 0;
  let agreement = 1;
  let near = 1;
  for (const slot of used) {
    const probabilities = evidence.choices.get(slot.name);
    if (probabilities === undefined) continue;
    const shape = shapeOf(probabilities);
    joint *= shape.top;
    least = Math.min(least, shape.top);
    margin = Math.min(margin, shape.margin);
    entropy = Math.max(entropy, shape.entropy);
    near = Math.min(near, evidence.near?.(slot.name, shape.best) ?? 1);
    const members = evidence.members.get(slot.name) ?? [probabilities];
    for (const member of members) agreement = Math.min(agreement, member[shape.best] ?? 1);
  }
  const { unseen } = evidence;
  const slots = used.length;
  return { joint, least, margin, entropy, spans, agreement, unseen, near, slots };
}

/** How far rungs and networks lean to a class, each alone: the mean of the logarithms of its probability. */
export function leaningOf({ choices, members }: Evidence): (slot: string, index: number) => number {
  return (slot, index) => {
    const own = choices.get(slot);
    const said = members.get(slot) ?? (own === undefined ? [] : [own]);
    return said.reduce((sum, p) => sum + logOf(p[index] ?? 0), 0) / Math.max(1, said.length);
  };
}

/** Bounded below: nothing is a millionth. */
export function logOf(x: number): number {
  return Math.log(Math.max(1e-6, x));
}

/** The capability that names the slice of traffic: the tool, else the value of the choice with the most values. */
export function bucketOf(plan: OutputPlan, targets: Targets): string {
  const value = (slot: ChoiceSlot): Json => {
    const target = targets[slot.name];
    return (target?.kind === 'class' ? slot.values[target.index] : undefined) ?? null;
  };
  if (plan.kind === 'tool-answer') {
    const names = value(plan.choice) as readonly string[] | null;
    return names === null || names.length === 0 ? 'tool:none' : `tool:${names.join('+')}`;
  }
  if (plan.kind !== 'text-answer') return 'all';
  if (plan.node.kind === 'choice') return `label:${wordOf(value(plan.node.slot))}`;
  const choices = nodeSlots(plan.node).choices.filter((slot) => targets[slot.name] !== undefined);
  const main = choices.reduce<ChoiceSlot | null>(
    (best, slot) => (best === null || slot.values.length > best.values.length ? slot : best),
    null,
  );
  return main === null ? 'all' : `enum:${main.name}=${wordOf(value(main))}`;
}

function wordOf(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}
