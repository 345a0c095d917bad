import { alignTexts, constantText } from './align.ts';
import { clusterTexts } from './cluster.ts';
import { type Digest, formatKey } from './digest.ts';
import {
  applyTemplate,
  byTime,
  type Family,
  type FamilyTemplate,
  induceTemplate,
  push,
  SMALLEST_FAMILY,
  spread,
} from './family.ts';
import { isGenericSystem } from './instructions.ts';
import { differInMaterial } from './material.ts';
import { answersDiffer, refineFamily, widenTemplate, writesText } from './refine.ts';
import { clientOf } from './strays.ts';
import { groupBySystem } from './systems.ts';
import { compileSegments } from './template.ts';
import { isSequential, median } from './timeline.ts';
import { mask, wordCount } from './tokens.ts';

/** Calls without any instruction of their own, only with tools that differ from call to call, need more to be a task. */
const SMALLEST_BARE = 20;

export interface Grouping {
  readonly families: readonly Family[];
  readonly rest: readonly Digest[];
}

/** Takes mixed calls apart into families. */
export function groupCalls(digests: readonly Digest[]): Grouping {
  const families: Family[] = [];
  const rest: Digest[] = [];
  const bare: Digest[] = [];
  for (const group of groupBySystem(digests)) {
    if (group.length < SMALLEST_FAMILY && !isGenericSystem(group[0]!.system)) rest.push(...group);
    else if (isGenericSystem(group[0]!.system)) bare.push(...group);
    else rest.push(...familiesOf(group, families));
  }
  for (const group of groupBare(bare, rest, digests.length)) rest.push(...familiesOf(group, families));
  return { families, rest };
}

/** Calls without instructions of their own: what they belong to shows in tools, output format or the user's message. */
function groupBare(
  digests: readonly Digest[],
  rest: Digest[],
  total: number,
): readonly (readonly Digest[])[] {
  const plain: Digest[] = [];
  const equipped = new Map<string, Digest[]>();
  for (const digest of digests) {
    if (digest.tools.tools.length === 0 && digest.format.kind === 'text') plain.push(digest);
    else push(equipped, `${digest.tools.hash} ${formatKey(digest.format)}`, digest);
  }
  const groups: (readonly Digest[])[] = [];
  const varying = new Map<string, Digest[]>();
  for (const group of equipped.values()) {
    if (group.length >= SMALLEST_FAMILY) groups.push(group);
    else for (const digest of group) push(varying, formatKey(digest.format), digest);
  }
  for (const group of varying.values()) {
    if (group.length >= SMALLEST_BARE) groups.push(byTime(group));
    else rest.push(...group);
  }
  const clusters = clusterTexts(
    plain.map((digest) => digest.firstUser),
    SMALLEST_FAMILY,
    (indices) => judgeUserTexts(indices, (i) => plain[i]!.firstUser),
  );
  const clustered = new Set(clusters.flat());
  const loose = plain.filter((_, i) => !clustered.has(i));
  for (const group of groupChats(loose)) {
    if (group.length >= Math.max(SMALLEST_CHAT, CHAT_SHARE * total)) groups.push(group);
    else rest.push(...group);
  }
  return [...groups, ...clusters.map((indices) => byTime(indices.map((i) => plain[i]!)))];
}

/** Bare conversation is a task where it is a good part of the project's traffic, not where developers try things. */
const SMALLEST_CHAT = 200;
const CHAT_SHARE = 0.05;

/** Calls without any structure, by the client that sends them. */
function groupChats(digests: readonly Digest[]): readonly (readonly Digest[])[] {
  const groups = new Map<string, Digest[]>();
  for (const digest of digests) push(groups, `${digest.systemKey}\n${clientOf(digest)}`, digest);
  return [...groups.values()];
}

/**
 * Do these user messages come from one template? It needs words of its own, and a slot that carries content: a sentence
 * typed by hand again and again with another number in it is no template.
 */
function judgeUserTexts(
  indices: readonly number[],
  textOf: (i: number) => string,
  least = 0,
): readonly number[] | null {
  const texts = spread(indices, 100).map(textOf);
  const segments = alignTexts(texts);
  if (!segments.some((segment) => segment.kind === 'slot')) return null;
  const constant = constantText(segments);
  if (wordCount(constant) < least) return null;
  const match = compileSegments(segments);
  const fitting: number[] = [];
  const values = new Set<string>();
  for (const i of indices) {
    const slots: Record<string, string> = {};
    if (!match(textOf(i), slots)) continue;
    fitting.push(i);
    if (values.size < 200) values.add(mask(Object.values(slots).join('\n')));
  }
  if (fitting.length < SMALLEST_FAMILY || values.size < SMALLEST_FAMILY) return null;
  const words = median([...values].map(wordCount));
  if (words < 2 && wordCount(constant) < 8) return null;
  return isWritten(constant, values.size) ? fitting : null;
}

/** Is the constant text a program's, not a turn of phrase? Eight words are; fewer need marks around the slot, or use. */
function isWritten(constant: string, distinct: number): boolean {
  const words = wordCount(constant);
  if (words >= 8) return true;
  const marks = constant.match(/\n|:\s|"""|```|<\/?\w+>/gu)?.length ?? 0;
  return (
    (marks >= 1 && words >= 4) || (marks >= 1 && words >= 1 && distinct >= 20) || (marks >= 2 && words >= 1)
  );
}

/** Splits a group by format, tools and user template into families; returns the calls that fit none. */
function familiesOf(group: readonly Digest[], families: Family[]): readonly Digest[] {
  const rest: Digest[] = [];
  const byFormat = new Map<string, Digest[]>();
  for (const digest of group) push(byFormat, formatKey(digest.format), digest);
  for (const sameFormat of byFormat.values()) {
    for (const [toolGroup, varying] of splitByTools(sameFormat, rest)) {
      const { found, open } = templateFamilies(toolGroup, varying);
      for (const family of found) families.push(...refineFamily(family));
      rest.push(...open);
    }
  }
  return rest;
}

const ROUNDS = 6;

/** Induces templates, takes their calls out, and looks again at what is left: an edit of today is a small part of it. */
function templateFamilies(
  group: readonly Digest[],
  varying: boolean,
): { found: readonly Family[]; open: readonly Digest[] } {
  const found: Family[] = [];
  let open = group;
  for (let round = 0; round < ROUNDS && open.length >= SMALLEST_FAMILY; round++) {
    const before = open.length;
    const parts = templatesOf(open);
    const taken = new Set<Digest>();
    for (const { template: narrow, digests } of parts) {
      // Of many templates each is looked for among its own calls only, else the cost would grow with their number squared.
      const own = parts.length > MOST_PARTS ? digests : open;
      const template = widenTemplate(narrow, own);
      const { matched, slots, rest } = applyTemplate(template, own);
      if (matched.length < SMALLEST_FAMILY || isRepetition(matched)) continue;
      if (round > 0 && !isNews(matched, found, group.length)) continue;
      found.push({ ...template, tools: matched.at(-1)!.tools, varying, digests: matched, slots });
      if (own === open) open = rest;
      else for (const digest of matched) taken.add(digest);
    }
    open = open.filter((digest) => !taken.has(digest));
    if (open.length === before) break;
  }
  return { found, open };
}

/** Characters that people type at most when they try something. */
const TYPED = 300;

/** One short request sent again and again by hand, without tools or format: a few calls with no text of their own. */
function isRepetition(matched: readonly Digest[]): boolean {
  const { system, lastUser, tools, format } = matched[0]!;
  if (matched.length >= 100 || tools.tools.length > 0 || format.kind !== 'text') return false;
  if (system.length + lastUser.length > TYPED) return false;
  const distinct = new Set(matched.map((digest) => `${mask(digest.system)}\n${mask(digest.lastUser)}`));
  return distinct.size < Math.max(3, 0.1 * matched.length);
}

/** Calls left over by the first templates make one of their own if they follow those in time or are many. */
function isNews(matched: readonly Digest[], found: readonly Family[], total: number): boolean {
  if (matched.length >= 0.2 * total) return true;
  return isSequential([
    ...found.flatMap((family) => spread(family.digests, 2000).map((d) => [d.call.trace.startMs, 0] as const)),
    ...matched.map((digest) => [digest.call.trace.startMs, 1] as const),
  ]);
}

/** Groups with one tool list each; lists that differ from call to call make one group of their own. */
function splitByTools(
  digests: readonly Digest[],
  rest: Digest[],
): readonly (readonly [readonly Digest[], boolean])[] {
  const byHash = new Map<string, Digest[]>();
  for (const digest of digests) push(byHash, digest.tools.hash, digest);
  const major = [...byHash.values()].filter((group) => group.length >= SMALLEST_FAMILY);
  const covered = major.reduce((sum, group) => sum + group.length, 0);
  if (covered >= 0.9 * digests.length) {
    for (const group of byHash.values()) if (group.length < SMALLEST_FAMILY) rest.push(...group);
    return major.map((group) => [group, false]);
  }
  if (digests.length >= SMALLEST_FAMILY) return [[digests, true]];
  rest.push(...digests);
  return [];
}

/**
 * One template for all where they share one; several where the user messages come from several, or from one that was
 * edited; a wildcard where they have nothing in common.
 */
function templatesOf(
  digests: readonly Digest[],
  depth = 0,
): readonly { readonly template: FamilyTemplate; readonly digests: readonly Digest[] }[] {
  if (digests.length < SMALLEST_FAMILY) return [];
  const single = induceTemplate(digests);
  const parts = depth < 3 ? userTemplates(digests, single) : [];
  return parts.length === 0
    ? [{ template: single, digests }]
    : parts.flatMap((part) => templatesOf(part, depth + 1));
}

/** Groups of calls below one system prompt that come from user templates of their own; none where they do not. */
function userTemplates(digests: readonly Digest[], single: FamilyTemplate): readonly (readonly Digest[])[] {
  // Without instructions of its own a group is only what its calls happen to share: it may hold any number of tasks.
  const bare = isGenericSystem(digests[0]!.system);
  const sample = spread(digests, bare ? BARE_SAMPLE : SAMPLE);
  const texts = sample.map((digest) => digest.lastUser);
  const user = single.messages.findLast((message) => message.role === 'user')?.segments ?? [];
  const shared = wordCount(constantText(user));
  const fits = applyTemplate(single, sample).matched.length;
  const smallest = bare ? SMALLEST_FAMILY : Math.max(SMALLEST_FAMILY, Math.ceil(0.02 * texts.length));
  const groups = clusterTexts(
    texts,
    smallest,
    // More than what all of them share, else any turn of phrase would make a group of them.
    (indices) => judgeUserTexts(indices, (i) => texts[i]!, shared + 3),
    Math.floor(0.97 * texts.length),
    bare,
  );
  const covered = groups.reduce((sum, group) => sum + group.length, 0);
  if (groups.length < 2 || (groups.length > MOST_PARTS && !bare) || covered < 0.8 * texts.length) return [];
  if (differInMaterial(user, spread(texts, 1000))) return [];
  const constants = groups.map((group) => constantText(alignTexts(spread(group, 50).map((i) => texts[i]!))));
  if (constants.some((constant) => wordCount(constant) < 12 && !constant.includes('\n'))) return [];
  const gained = constants.map((constant) => wordCount(constant) - shared);
  const misfits = fits < 0.98 * sample.length;
  const timeline = groups.flatMap((group, g) =>
    group.map((i) => [sample[i]!.call.trace.startMs, g] as const),
  );
  const parts = groups.map((group) => group.map((i) => sample[i]!));
  const sequential = isSequential(timeline);
  // Side by side, parts that get the same answers are one task with a slot more; free text tells by its prompt only.
  const least = Math.min(...constants.map(wordCount));
  const differ = !sequential && answersDiffer(parts);
  const most = bare ? BARE_SHARED : SHARED;
  // Whole sentences that come again word for word are instructions, however long the text that all have in common.
  const told = bare && gained.every((words) => words >= TOLD);
  if (!sequential && !differ && !(writesText(parts) && (told || shared <= most * least))) return [];
  const worth = sequential || differ ? 4 : told ? TOLD : Math.max(5, 0.5 * shared);
  return misfits || gained.every((words) => words >= worth) ? parts : [];
}

/** Words of an instruction that stands for a task of its own. */
const TOLD = 6;

/** Words that templates of free text share, for each word of the shorter one, below which they are tasks of their own. */
const SHARED = 0.25;
/** The same where no instructions stand above them. */
const BARE_SHARED = 0.6;

/** Calls that are looked at for several templates; more where a group may hold any number of them. */
const SAMPLE = 2000;
const BARE_SAMPLE = 20_000;

/** More user templates than this below one system prompt are kinds of input, not tasks. */
const MOST_PARTS = 8;
