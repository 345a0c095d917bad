import { unifiedDiff } from './diff.ts';
import { modelEras, teacherModel } from './eras.ts';
import type { Family } from './family.ts';
import type { OutputShape, TaskVersion, Template, Toolset, VersionChange } from './task.ts';
import { templateHash, templateText } from './template.ts';
import { formatText } from './toolset.ts';

/** One version and the calls of its family that belong to it (indices into the family's digests). */
export interface VersionCalls {
  readonly version: TaskVersion;
  readonly family: Family;
  readonly indices: readonly number[];
}

/** Versions of a task: its families in order of time, each split where the teacher's model changed. */
export function buildVersions(families: readonly Family[], output: OutputShape): readonly VersionCalls[] {
  const drafts = families.flatMap((family) => {
    const calls = family.digests.map((digest) => digest.call);
    const eras = modelEras(calls);
    const groups = new Map<number, number[]>();
    eras.forEach((era, i) => {
      const group = groups.get(era);
      if (group === undefined) groups.set(era, [i]);
      else group.push(i);
    });
    return [...groups.values()].map((indices) => ({ family, indices }));
  });
  const at = ({ family, indices }: (typeof drafts)[number], k: number): number =>
    family.digests[indices.at(k)!]!.call.trace.startMs;
  drafts.sort((a, b) => at(a, 0) - at(b, 0));
  const built: VersionCalls[] = [];
  for (const draft of drafts) {
    const { family, indices } = draft;
    const calls = indices.map((i) => family.digests[i]!.call);
    const toolset = toolsetOf(family);
    const format = family.digests[0]!.format;
    const template: Template = {
      messages: family.messages,
      turns: family.turns,
      hash: templateHash(family.messages, family.turns, toolset, format),
    };
    const before = built.at(-1);
    const version: TaskVersion = {
      version: built.length + 1,
      template,
      toolset,
      outputFormat: format,
      models: [...new Set(calls.map((call) => call.request.model))],
      calls: calls.length,
      firstMs: at(draft, 0),
      lastMs: at(draft, -1),
      change: null,
    };
    const teachers = (held: VersionCalls | undefined): ReadonlySet<string> =>
      new Set(held?.indices.flatMap((i) => answeredBy(held.family, i)) ?? []);
    const fresh = { version, family, indices };
    const change =
      before === undefined
        ? null
        : describe(before.version, version, output, teachers(before), teachers(fresh));
    built.push({ ...fresh, version: { ...version, change } });
  }
  return built;
}

function answeredBy(family: Family, index: number): readonly string[] {
  const { call } = family.digests[index]!;
  return call.response === null || call.trace.servedBy === 'student' ? [] : [teacherModel(call)];
}

export function toolsetOf(family: Family): Toolset {
  return family.varying
    ? { kind: 'varying', example: family.tools.tools }
    : { kind: 'fixed', hash: family.tools.hash, tools: family.tools.tools };
}

/** What changed, and whether it changes what can be answered (major) or only the wording (minor). */
function describe(
  before: TaskVersion,
  after: TaskVersion,
  output: OutputShape,
  oldTeachers: ReadonlySet<string>,
  newTeachers: ReadonlySet<string>,
): VersionChange {
  const [oldText, newText] = [templateText(before.template), templateText(after.template)];
  const major: string[] = [];
  const gone = [...oldTeachers].filter((model) => !newTeachers.has(model));
  const come = [...newTeachers].filter((model) => !oldTeachers.has(model));
  if (gone.length > 0 && come.length > 0)
    major.push(`the teacher changed from ${gone.join(', ')} to ${come.join(', ')}`);
  major.push(...toolChanges(before.toolset, after.toolset));
  if (formatText(before.outputFormat) !== formatText(after.outputFormat))
    major.push('the output format changed');
  const labels =
    output.kind === 'labels' || output.kind === 'multi-label' ? output.values.map(({ value }) => value) : [];
  const [oldItems, newItems] = [listedItems(oldText, labels), listedItems(newText, labels)];
  const added = [...newItems].filter((item) => !oldItems.has(item));
  const dropped = [...oldItems].filter((item) => !newItems.has(item));
  if (added.length > 0 && newItems.size > 0) major.push(`labels added: ${few(added)}`);
  if (dropped.length > 0 && newItems.size > 0) major.push(`labels removed: ${few(dropped)}`);
  const diff = unifiedDiff(oldText, newText);
  const changedLines = diff.split('\n').filter((line) => /^[+-]/u.test(line)).length;
  const wording = changedLines > 0 ? [`${changedLines} lines of the prompt changed`] : [];
  return {
    kind: major.length > 0 ? 'major' : 'minor',
    summary: [...major, ...wording].join('; ') || 'nothing visible changed',
    diff,
  };
}

function few(items: readonly string[]): string {
  return items.length <= 6
    ? items.join(', ')
    : `${items.slice(0, 5).join(', ')} and ${items.length - 5} more`;
}

function toolChanges(before: Toolset, after: Toolset): readonly string[] {
  if (before.kind !== 'fixed' || after.kind !== 'fixed' || before.hash === after.hash) return [];
  const [old, fresh] = [new Set(before.tools.map((t) => t.name)), new Set(after.tools.map((t) => t.name))];
  const added = [...fresh].filter((name) => !old.has(name));
  const dropped = [...old].filter((name) => !fresh.has(name));
  const found: string[] = [];
  if (added.length > 0) found.push(`tools added: ${few(added)}`);
  if (dropped.length > 0) found.push(`tools removed: ${few(dropped)}`);
  return found.length > 0 ? found : ['the definition of a tool changed'];
}

/**
 * Items of the lists in a prompt that list labels: runs of short items (one per line, or divided by commas) of which
 * several are known labels.
 */
function listedItems(text: string, labels: readonly string[]): ReadonlySet<string> {
  const known = new Set(labels);
  const items = new Set<string>();
  if (known.size < 2) return items;
  for (const block of text.split(/\n\s*\n/u)) {
    const lines = block.split('\n');
    const bullets = lines.flatMap((line) => /^\s*(?:[-*•]|\d+[.)])\s+([^\s:,;]+)/u.exec(line)?.[1] ?? []);
    for (const list of [bullets, ...lines.map((line) => inlineItems(line, labels))]) {
      const hits = list.filter((item) => known.has(item)).length;
      if (list.length < 2 || hits < 2 || hits < 0.3 * list.length) continue;
      for (const item of list) if (item !== '' && item.length <= 60) items.add(item);
    }
  }
  return items;
}

/** "one of: a, b or c. Reply ..." -> a, b, c. The first item loses the words that lead up to it. */
function inlineItems(line: string, labels: readonly string[]): readonly string[] {
  return line
    .replace(/^[^:]{0,80}:\s/u, '')
    .split(/\s*[,;|]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+/u)
    .map((item) => {
      const cut = item.replace(/[.:!?](?:\s.*)?$/su, '').trim();
      return labels.find((label) => cut.endsWith(` ${label}`)) ?? cut;
    });
}
