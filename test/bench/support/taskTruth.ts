import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Discovery, discoverTasks } from '../../../src/tasks/miner.ts';
import type { FieldProfile, Task } from '../../../src/tasks/task.ts';
import { toCall } from '../../../src/traces/call.ts';
import type { Call } from '../../../src/traces/trace.ts';
import { readTraffic, readTruth, type TrafficLine } from './traffic.ts';

/** The merged, site-less log of a traffic folder with what is known about each call, and how well tasks match it. */

export interface TruthRow {
  readonly call: Call;
  readonly file: string;
  /** Counted from 1 in its file. */
  readonly line: number;
  readonly kind: string;
  /** The piece of code that made the call; null: typed by hand. Editions of a prompt share it. */
  readonly task: string | null;
  /** Place in the code and requested model: another edition is a prompt edit or a change of the teacher. */
  readonly edition: string;
}

/** All files of the folder as one log in order of time. Bodies are dropped once read. */
export function readTruthRows(
  folder: string,
  sets: readonly string[] = trafficSets(folder),
): readonly TruthRow[] {
  return sets
    .flatMap((set) => {
      const truth = readTruth(folder, set);
      return readTraffic(folder, set).flatMap((line, i): TruthRow[] => {
        const call = callOf(line, `${set}:${i + 1}`);
        const kind = truth[i]!.kind;
        const site = line.site ?? set;
        const task = kind === 'adhoc' ? null : `${set}/${site.replace(/:[^:]*$/u, '')}`;
        if (call === null) return [];
        return [{ call, file: set, line: i + 1, kind, task, edition: `${site} ${call.request.model}` }];
      });
    })
    .sort((a, b) => a.call.trace.startMs - b.call.trace.startMs);
}

export function trafficSets(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl.gz'))
    .map((file) => file.slice(0, -'.jsonl.gz'.length))
    .sort();
}

/** A line of traffic as the product reads it, without its bodies; null where it is not a call. */
export function callOf(line: TrafficLine, id: string): Call | null {
  const openai = line.provider === 'openai';
  const call = toCall({
    id,
    startMs: Date.parse(line.ts),
    durationMs: 0,
    firstByteMs: null,
    provider: openai ? 'openai' : 'anthropic',
    format: openai ? 'openai-chat' : 'anthropic-messages',
    path: openai ? '/v1/chat/completions' : '/v1/messages',
    status: line.status,
    streamed: false,
    request: line.request as never,
    response: line.response as never,
    incomplete: null,
    servedBy: 'teacher',
    pinnedTask: null,
    site: null,
    headers: {},
    route: null,
    source: 'traffic',
  });
  return call === null ? null : { ...call, trace: { ...call.trace, request: null, response: null } };
}

export interface Hits {
  readonly precision: number;
  readonly recall: number;
  readonly wanted: number;
  readonly found: number;
}

export interface TaskScores {
  readonly adjustedRandIndex: number;
  /** Real tasks of which less than 97 % lie in one found task. */
  readonly split: readonly string[];
  /** Found tasks that hold more than 1 % of another real task. */
  readonly merged: readonly string[];
  readonly keptOut: Hits;
  readonly kinds: Readonly<Record<string, Hits>>;
  readonly invalid: number;
  readonly versions: readonly {
    readonly task: string;
    readonly editions: number;
    readonly found: number;
    /** Calls of an edition assigned to another version than most of that edition. */
    readonly astray: number;
  }[];
}

/** Scores a discovery of the whole log. */
export function scoreTasks(rows: readonly TruthRow[], discovery: Discovery): TaskScores {
  const assignments = new Map(
    [...discovery.assigned, ...discovery.unassigned].map(({ assignment }) => [assignment.callId, assignment]),
  );
  const at = (row: TruthRow): { task: string | null; version: number; kind: string } => {
    const found = assignments.get(row.call.trace.id);
    return { task: found?.taskId ?? null, version: found?.version ?? 0, kind: found?.kind ?? 'missing' };
  };
  const real = rows.filter((row) => row.task !== null && row.kind !== 'devprobe');
  const pairs = real.map((row, i) => [row.task!, at(row).task ?? `none ${i}`] as const);
  const out = (row: TruthRow): boolean => row.kind === 'adhoc' || row.kind === 'devprobe';
  const kinds: Record<string, Hits> = {};
  for (const [truth, ours] of Object.entries({
    refusal: 'refusal',
    hedge: 'hedge',
    truncated: 'truncated',
    error: 'error',
    devprobe: 'probe',
  })) {
    kinds[truth] = hits(
      rows,
      (row) => row.kind === truth,
      (row) => at(row).kind === ours,
    );
  }
  return {
    adjustedRandIndex: adjustedRandIndex(pairs),
    ...splitsAndMerges(pairs),
    keptOut: hits(rows, out, (row) => at(row).task === null),
    kinds,
    invalid: rows.length - assignments.size,
    versions: scoreVersions(real, at),
  };
}

function hits(
  rows: readonly TruthRow[],
  wanted: (row: TruthRow) => boolean,
  found: (row: TruthRow) => boolean,
): Hits {
  let [both, want, have] = [0, 0, 0];
  for (const row of rows) {
    const [w, f] = [wanted(row), found(row)];
    if (w) want++;
    if (f) have++;
    if (w && f) both++;
  }
  return {
    precision: have === 0 ? 1 : both / have,
    recall: want === 0 ? 1 : both / want,
    wanted: want,
    found: have,
  };
}

/** Hubert and Arabie 1985: agreement of two partitions beyond chance; 1 for equal ones. */
export function adjustedRandIndex(pairs: readonly (readonly [string, string])[]): number {
  const cells = new Map<string, number>();
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (const [a, b] of pairs) {
    add(cells, `${a}\u0000${b}`);
    add(rows, a);
    add(columns, b);
  }
  const choose = (map: ReadonlyMap<string, number>): number =>
    [...map.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  const all = (pairs.length * (pairs.length - 1)) / 2;
  const [index, a, b] = [choose(cells), choose(rows), choose(columns)];
  const expected = all === 0 ? 0 : (a * b) / all;
  const highest = (a + b) / 2;
  return highest === expected ? 1 : (index - expected) / (highest - expected);
}

function splitsAndMerges(pairs: readonly (readonly [string, string])[]): {
  split: string[];
  merged: string[];
} {
  const byTruth = new Map<string, Map<string, number>>();
  for (const [truth, found] of pairs) {
    const row = byTruth.get(truth) ?? new Map<string, number>();
    byTruth.set(truth, row.set(found, (row.get(found) ?? 0) + 1));
  }
  const split: string[] = [];
  const owners = new Map<string, string[]>();
  for (const [truth, row] of byTruth) {
    const total = [...row.values()].reduce((a, b) => a + b, 0);
    if (Math.max(...row.values()) < 0.97 * total) split.push(truth);
    for (const [found, count] of row) {
      if (count > 0.01 * total) owners.set(found, [...(owners.get(found) ?? []), truth]);
    }
  }
  const merged = [...owners].flatMap(([found, truths]) =>
    truths.length > 1 ? [`${found}: ${truths.join(', ')}`] : [],
  );
  return { split, merged };
}

function scoreVersions(
  rows: readonly TruthRow[],
  at: (row: TruthRow) => { task: string | null; version: number },
): TaskScores['versions'] {
  const tasks = new Map<string, TruthRow[]>();
  for (const row of rows) {
    const members = tasks.get(row.task!);
    if (members === undefined) tasks.set(row.task!, [row]);
    else members.push(row);
  }
  return [...tasks].map(([task, members]) => {
    const editions = new Map<string, Map<string, number>>();
    const versions = new Set<string>();
    for (const row of members) {
      const { task: found, version } = at(row);
      if (found === null) continue;
      const key = `${found} ${version}`;
      versions.add(key);
      const counts = editions.get(row.edition) ?? new Map<string, number>();
      editions.set(row.edition, counts.set(key, (counts.get(key) ?? 0) + 1));
    }
    let astray = 0;
    for (const counts of editions.values()) {
      const total = [...counts.values()].reduce((a, b) => a + b, 0);
      astray += total - Math.max(...counts.values());
    }
    return { task, editions: editions.size, found: versions.size, astray };
  });
}

export interface EditFound {
  readonly task: string;
  readonly edition: string;
  /** Calls after the edit with which it is found, of those tried; null: not within the last. */
  readonly calls: number | null;
}

/** Cuts the log shortly after every edit and analyses what a developer would have had by then. */
export function findEditsEarly(
  rows: readonly TruthRow[],
  tried: readonly number[] = [10, 15, 20],
): readonly EditFound[] {
  const seen = new Map<string, Set<string>>();
  const edits: { task: string; edition: string; index: number }[] = [];
  rows.forEach((row, index) => {
    if (row.task === null) return;
    const known = seen.get(row.task) ?? new Set<string>();
    seen.set(row.task, known);
    if (!known.has(row.edition) && known.size > 0)
      edits.push({ task: row.task, edition: row.edition, index });
    known.add(row.edition);
  });
  return edits.map(({ task, edition, index }) => {
    const calls = tried.find((count) => {
      const own = rows.filter((row) => row.task === task);
      const first = own.indexOf(rows[index]!);
      const upTo = own.slice(0, first + count);
      const { tasks } = discoverTasks(upTo.map((row) => row.call));
      const before = new Set(upTo.map((row) => row.edition)).size;
      return tasks.length === 1 && tasks[0]!.versions.length === before;
    });
    return { task, edition, calls: calls ?? null };
  });
}

export interface FieldScores {
  readonly missed: readonly string[];
  readonly invented: readonly string[];
}

/** Constant and derived fields against the planted ones. Tools with lists of their own per call plant nothing. */
export function scoreFields(folder: string, rows: readonly TruthRow[], discovery: Discovery): FieldScores {
  const text = readFileSync(path.join(folder, 'PLANTED.json'), 'utf8');
  const planted = JSON.parse(text) as Readonly<Record<string, { readonly planted?: Planted }>>;
  const files = new Map(rows.map((row) => [row.call.trace.id, row.file]));
  const fileOf = new Map<string, string>();
  for (const { assignment } of discovery.assigned)
    fileOf.set(assignment.taskId!, files.get(assignment.callId)!);
  const missed: string[] = [];
  const invented: string[] = [];
  const found = new Map<string, Set<string>>();
  for (const task of discovery.tasks) {
    const file = fileOf.get(task.id)!;
    const { constant_fields = {}, derived_fields = {} } = planted[file]?.planted ?? {};
    const wanted = new Map([
      ...Object.keys(constant_fields).map((name) => [name, 'constant'] as const),
      ...Object.keys(derived_fields).map((name) => [name, 'derived'] as const),
    ]);
    const ours = found.get(file) ?? new Set<string>();
    found.set(file, ours);
    if (task.versions.some((version) => version.toolset.kind === 'varying')) continue;
    for (const { path: name, role } of fieldsOf(task)) {
      if (role !== 'constant' && role !== 'derived') continue;
      if (wanted.get(name) === role) ours.add(name);
      else invented.push(`${file} ${name} ${role}`);
    }
  }
  for (const [file, ours] of found) {
    const { constant_fields = {}, derived_fields = {} } = planted[file]?.planted ?? {};
    for (const name of [...Object.keys(constant_fields), ...Object.keys(derived_fields)]) {
      if (!ours.has(name)) missed.push(`${file} ${name}`);
    }
  }
  return { missed, invented };
}

interface Planted {
  readonly constant_fields?: Readonly<Record<string, unknown>>;
  readonly derived_fields?: Readonly<Record<string, string>>;
}

/** Fields of a task's answers, whatever its output. */
export function fieldsOf(task: Task): readonly FieldProfile[] {
  if (task.output.kind === 'json') return task.output.fields;
  return task.output.kind === 'tools' ? task.output.tools.flatMap((tool) => tool.fields) : [];
}
