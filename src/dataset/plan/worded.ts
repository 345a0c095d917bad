import type { Json } from '../../base/json.ts';
import { spread } from '../habit.ts';
import type { Mention, PlanNode } from '../plan.ts';
import { nodeSlots } from '../planSlots.ts';
import { saidAs, withoutMentions } from '../worded.ts';
import { copies } from './formulas.ts';
import type { InferNode, InferredNode, ObjectSample, Sibling } from './place.ts';
import { tally } from './values.ts';

const judged = 300;
const leastObjects = 20;
/** Share of the texts that must mention a field, of those where it says something. */
const leastMentioned = 0.9;
const leastDistinct = 3;

/**
 * The plan of a text that says what other fields have, and what it says around them; null where it mentions none, or
 * what is left can be planned no better.
 */
export function inferWorded(
  key: string,
  name: string,
  node: InferredNode,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
  inferNode: InferNode,
): (PlanNode & { kind: 'worded' }) | null {
  if (objects.length < leastObjects || !['unknown', 'template', 'choice'].includes(node.kind)) return null;
  const values = objects.map(({ value }) => value[key]);
  if (values.some((value) => typeof value !== 'string')) return null;
  const mentions = siblings.flatMap((sibling) => mentionOf(key, sibling, spread(objects, judged)) ?? []);
  if (mentions.length === 0) return null;
  const rest = objects.map(({ value, input }) => ({
    value: withoutMentions(String(value[key]), mentions, value, input.context),
    input,
  }));
  const before = tally(values as Json[]).length;
  const after = tally(rest.map(({ value }) => value)).length;
  if (after > before / 2)
    return node.kind === 'choice' ? null : wordedAround(rest, name, mentions, inferNode);
  return wordedAround(rest, name, mentions, inferNode);
}

function wordedAround(
  rest: readonly { readonly value: string; readonly input: ObjectSample['input'] }[],
  name: string,
  mentions: readonly Mention[],
  inferNode: InferNode,
): (PlanNode & { kind: 'worded' }) | null {
  const node = inferNode(rest, { name, schema: null });
  const isPlanned = node.kind === 'constant' || node.kind === 'choice' || node.kind === 'template';
  if (!isPlanned || nodeSlots(node).texts.length > 0) return null;
  return { kind: 'worded', node, mentions };
}

/** How texts mention a field: as it is, or as a slug, a key, a heading of it; null where they do not. */
function mentionOf(
  key: string,
  { key: of, node }: Sibling,
  objects: readonly ObjectSample[],
): Mention | null {
  if (
    node.kind === 'constant' ||
    node.kind === 'unknown' ||
    node.kind === 'worded' ||
    node.kind === 'after' ||
    of === key
  )
    return null;
  for (const normalisers of copies) {
    const mention: Mention = { of, normalisers };
    const said = objects.flatMap(({ value, input }) => {
      const own = saidAs(mention, value, input.context) ?? '';
      return own.length < 2
        ? []
        : [{ own, isThere: holdsWhole(String(value[key]), own, value, mention, input.context) }];
    });
    const there = said.filter(({ isThere }) => isThere);
    if (said.length < leastObjects || there.length < leastMentioned * said.length) continue;
    if (new Set(there.map(({ own }) => own)).size >= leastDistinct) return mention;
  }
  return null;
}

function holdsWhole(
  text: string,
  own: string,
  fields: ObjectSample['value'],
  mention: Mention,
  context: ObjectSample['input']['context'],
): boolean {
  return text.includes(own) && withoutMentions(text, [mention], fields, context) !== text;
}
