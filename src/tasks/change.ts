import { unifiedDiff } from './diff.ts';
import { teacherModel } from './eras.ts';
import type { Family } from './family.ts';
import { outputsOf } from './outputs.ts';
import type { OutputShape, TaskVersion, Toolset, VersionChange } from './task.ts';
import { templateText } from './template.ts';
import { formatText } from './toolset.ts';

/** A version with its calls: indices into the family's digests. */
export interface VersionSide {
  readonly version: TaskVersion;
  readonly family: Family;
  readonly indices: readonly number[];
}

/** What changed, and whether it changes what can be answered (major) or only the wording (minor). */
export function describeChange(before: VersionSide, after: VersionSide, output: OutputShape): VersionChange {
  const [old, fresh] = [before.version, after.version];
  const [oldText, newText] = [templateText(old.template), templateText(fresh.template)];
  const [oldTeachers, newTeachers] = [teachersOf(before), teachersOf(after)];
  const major: string[] = [];
  const gone = [...oldTeachers].filter((model) => !newTeachers.has(model));
  const come = [...newTeachers].filter((model) => !oldTeachers.has(model));
  if (gone.length > 0 && come.length > 0)
    major.push(`the teacher changed from ${gone.join(', ')} to ${come.join(', ')}`);
  major.push(...toolChanges(old.toolset, fresh.toolset));
  if (formatText(old.outputFormat) !== formatText(fresh.outputFormat))
    major.push('the output format changed');
  const [oldForm, newForm] = [formOf(before), formOf(after)];
  if (oldForm !== newForm) major.push(`answers changed from ${oldForm} to ${newForm}`);
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

function teachersOf({ family, indices }: VersionSide): ReadonlySet<string> {
  const calls = indices.map((i) => family.digests[i]!.call);
  const answered = calls.filter((call) => call.response !== null && call.trace.servedBy === 'teacher');
  return new Set(answered.map(teacherModel));
}

/** In words: what the answers of a version are. */
function formOf({ family }: VersionSide): string {
  const { form } = outputsOf(family.digests);
  return form === 'tools' ? 'tool calls' : form === 'json' ? 'JSON' : 'text';
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
    const sentences = lines.flatMap((line) => line.split(/(?<=[.!?。])\s+/u));
    for (const list of [bullets, ...sentences.map((sentence) => inlineItems(sentence, labels))]) {
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
