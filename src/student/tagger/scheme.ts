import type { Target } from '../../dataset/example.ts';
import type { ChoiceSlot, OutputPlan, PlanNode } from '../../dataset/plan.ts';
import { nodeSlots, spanSlots } from '../../dataset/planSlots.ts';
import { callAnchors, callGroup } from '../callTags.ts';
import { groupApart, groupOf, groupOfText } from '../decode.ts';
import { carriedChoices, isSingle } from '../several.ts';

/**
 * Which tags the tokens of an input can carry. Tag 0 is "outside"; kind k has a beginning (1 + 2k) and an inside
 * (2 + 2k). Slots of different tools that share their last name share a kind, so that what is learned of a city in one
 * tool helps with another; a group (a tool) admits only the kinds of its own slots.
 */
export interface TagScheme {
  readonly kinds: readonly string[];
  readonly groups: Readonly<Record<string, TagGroup>>;
  /** White space is tokens too: answers copy it. */
  readonly spaces: boolean;
}

export interface TagGroup {
  /** The choice of the same answer that splits its inputs most (a language, a source): tags are also learned per value. */
  readonly leader: string | null;
  /**
   * Slot by kind index. Several calls of one tool in one answer are tagged together, for nothing in a text tells the
   * first call's words from the second's but their order: spans go to occurrences item by item.
   */
  readonly slots: readonly TagSlot[];
  /**
   * Regions that hold other spans: the inside of `region` may follow a span of `inner`. A token of kind `empty` belongs to
   * the region and is followed by an inner span of no length.
   */
  readonly regions: readonly { readonly region: number; readonly inner: number; readonly empty: number }[];
  /** Slots whose value is one copy: of several tagged places the first counts. */
  readonly single: readonly string[];
  /** Slots of the calls of the same tool before this one: what they took is known when this one is tagged. */
  readonly earlier: readonly string[];
  /** Some kinds stand for what is said around their spans: the words there are read too. */
  readonly near?: boolean;
  /** Reads answers with several calls of its tool: by kind that stands for choices or for all calls, the plain kind. */
  readonly plain?: Readonly<Record<number, number>>;
  /** Reads what another group reads as well, for more than that. */
  readonly again?: true;
  /** Reads one slot whose places may lie in those of others. */
  readonly apart?: true;
  /** Reads which tools are called: the choice, its lists of tools, and the tool that each kind stands for. */
  readonly calls?: {
    readonly choice: string;
    readonly lists: readonly (readonly string[])[];
    readonly tools: Readonly<Record<number, string>>;
  };
}

export interface TagSlot {
  readonly slot: string;
  readonly kind: number;
  readonly occurrence: number;
  /** One span of the kind fills this slot of every call. */
  readonly common?: true;
  /** The kind stands for these classes of choice slots too. */
  readonly classes?: Readonly<Record<string, number>>;
}

export function schemeOf(plan: OutputPlan): TagScheme | null {
  if (plan.kind === 'unplannable') return null;
  const trees = treesOf(plan);
  const shared = !trees.some(({ node }) => {
    const names = nodeSlots(node).spans.map((slot) => lastName(slot.name));
    return new Set(names).size < names.length;
  });
  const kinds: string[] = [];
  const kindOf = (slot: string): number => {
    const name = shared ? lastName(slot) : slot.replace(/#\d+(?=\.)/u, '');
    if (!kinds.includes(name)) kinds.push(name);
    return kinds.indexOf(name);
  };
  const groups: Record<string, TagGroup> = {};
  let spaces = false;
  for (const { group, node, occurrence } of trees) {
    const all = nodeSlots(node).spans;
    const single = spanSlots(node).flatMap((slot) => (slot.join ? [] : [slot.name]));
    for (const { name } of all.filter(({ apart }) => apart))
      groups[groupApart(group, name)] = {
        leader: null,
        slots: [{ slot: name, kind: kindOf(name), occurrence: 0 }],
        regions: [],
        single,
        earlier: [],
        apart: true,
      };
    const spans = all.filter(({ apart }) => !apart);
    const slots = spans.map((slot): TagSlot => ({ slot: slot.name, kind: kindOf(slot.name), occurrence }));
    if (slots.length === 0) continue;
    const plain: Record<number, number> = {};
    for (const slot of spans.filter(({ common }) => common)) {
      const [own, kind] = [kindOf(slot.name), kindOf(`${slot.name} of all calls`)];
      plain[kind] = own;
      slots.push({ slot: slot.name, kind, occurrence, common: true });
    }
    const first = groups[group];
    if (first !== undefined) {
      groups[group] = { ...first, leader: null, slots: [...first.slots, ...slots] };
      continue;
    }
    const regions = maskedNodes(node).map((masked) => ({
      region: kindOf(masked.slot.name),
      inner: kindOf(masked.params),
      empty: kindOf(`${masked.params} empty`),
    }));
    spaces ||= regions.length > 0;
    groups[group] = {
      leader: leaderOf(node),
      slots,
      regions,
      single,
      earlier: earlierSlots(plan, group),
      ...(hasCombinations(node) ? { near: true } : {}),
      ...(Object.keys(plain).length > 0 ? { plain } : {}),
    };
  }
  for (const [tool, { group, marks }] of carriedChoices(plan)) {
    const base = groups[tool]!;
    const plain: Record<number, number> = { ...base.plain };
    const anchors = marks.map(({ anchor, occurrence, kind: choices, classes }): TagSlot => {
      const own = base.slots.find(({ slot }) => slot === anchor)!.kind;
      const name = `${kinds[own]} ${choices}`;
      if (!kinds.includes(name)) kinds.push(name);
      const kind = kinds.indexOf(name);
      plain[kind] = own;
      return { slot: anchor, kind, occurrence, classes };
    });
    const others = base.slots.filter(({ slot }) => !marks.some(({ anchor }) => anchor === slot));
    groups[group] = { ...base, slots: [...anchors, ...others], plain, near: true, again: true };
  }
  const calls = callsGroup(plan, groups, kinds);
  if (calls !== null) groups[callGroup] = calls;
  return kinds.length === 0 ? null : { kinds, groups, spaces };
}

/** The group that reads which tools are called; adds its kinds. null where the plan has none. */
function callsGroup(
  plan: OutputPlan,
  groups: Readonly<Record<string, TagGroup>>,
  kinds: string[],
): TagGroup | null {
  const anchors = callAnchors(plan);
  if (anchors.length === 0 || plan.kind !== 'tool-answer') return null;
  const plain: Record<number, number> = {};
  const tools: Record<number, string> = {};
  const slots = anchors.map(({ tool, slot, occurrence }): TagSlot => {
    const own = Object.values(groups)
      .flatMap((group) => group.slots)
      .find((other) => other.slot === slot)!.kind;
    const name = `call of ${tool}`;
    if (!kinds.includes(name)) kinds.push(name);
    const kind = kinds.indexOf(name);
    plain[kind] = own;
    tools[kind] = tool;
    return { slot, kind, occurrence };
  });
  const lists = plan.choice.values as readonly (readonly string[])[];
  const choice = plan.choice.name;
  return {
    leader: null,
    slots,
    regions: [],
    single: [],
    earlier: [],
    plain,
    again: true,
    calls: { choice, lists, tools },
  };
}

function earlierSlots(plan: OutputPlan, group: string): string[] {
  if (plan.kind !== 'tool-answer') return [];
  const own = plan.tools.find((tool) => groupOf(tool.name, tool.occurrence) === group);
  if (own === undefined) return [];
  return plan.tools
    .filter((tool) => tool.name === own.name && tool.occurrence < own.occurrence)
    .flatMap((tool) => nodeSlots(tool.arguments).spans.map((slot) => slot.name));
}

interface Tree {
  readonly group: string;
  readonly node: PlanNode;
  /** 0 but for further calls of a tool that are tagged together with the first. */
  readonly occurrence: number;
}

function treesOf(plan: Exclude<OutputPlan, { kind: 'unplannable' }>): Tree[] {
  if (plan.kind === 'text-answer') return [{ group: '', node: plan.node, occurrence: 0 }];
  const apart = new Set(plan.tools.filter((tool) => !isSingle(tool.arguments)).map((tool) => tool.name));
  return [
    ...plan.tools.map(({ name, occurrence, arguments: node }): Tree => {
      const own = apart.has(name);
      return { group: groupOf(name, own ? occurrence : 0), node, occurrence: own ? 0 : occurrence };
    }),
    ...plan.texts.flatMap((node, i): Tree[] =>
      node === null ? [] : [{ group: groupOfText(i), node, occurrence: 0 }],
    ),
  ];
}

/** More values than this would leave each too few inputs to learn from. */
const mostValues = 60;

/** Only what every answer has can lead: an optional choice would be known in training and missed in use. */
function leaderOf(node: PlanNode): string | null {
  if (node.kind !== 'object') return null;
  const choices = node.fields.flatMap((field) =>
    field.presence === null && field.node.kind === 'choice' && field.node.slot.values.length <= mostValues
      ? [field.node.slot]
      : [],
  );
  const most = choices.reduce<ChoiceSlot | null>(
    (best, slot) => (best === null || slot.values.length > best.values.length ? slot : best),
    null,
  );
  return most?.name ?? null;
}

/** The leader's class in an example or a filled plan; null where there is none. */
export function leaderClass(group: TagGroup, targets: Readonly<Record<string, Target>>): number | null {
  const target = group.leader === null ? undefined : targets[group.leader];
  return target?.kind === 'class' ? target.index : null;
}

function lastName(slot: string): string {
  return slot.slice(slot.lastIndexOf('.') + 1);
}

function maskedNodes(node: PlanNode): (PlanNode & { kind: 'masked-span' })[] {
  if (node.kind === 'masked-span') return [node];
  return node.kind === 'object' ? node.fields.flatMap((field) => maskedNodes(field.node)) : [];
}

/** Is there a list below whose items are told apart by the tag of their anchor? */
function hasCombinations(node: PlanNode): boolean {
  if (node.kind === 'record-list') return node.combinations.length > 1;
  if (node.kind === 'maybe') return hasCombinations(node.node);
  return node.kind === 'object' && node.fields.some((field) => hasCombinations(field.node));
}

export interface PlacedToken {
  readonly text: string;
  readonly slot: string;
  readonly start: number;
  readonly end: number;
}

export function kindOfTag(tag: number): number {
  return tag === 0 ? -1 : (tag - 1) >> 1;
}
