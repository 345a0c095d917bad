import { parseArgs } from 'node:util';
import { analyseCapabilities } from '../../src/capabilities/analyse.ts';
import type { Capability, Catalogue } from '../../src/capabilities/capability.ts';
import { signaturesOf } from '../../src/capabilities/counts.ts';
import { findRepeats } from '../../src/capabilities/effective.ts';
import { tallyCalls } from '../../src/capabilities/tally.ts';
import { universe } from '../../src/capabilities/universe.ts';
import { discoverTasks } from '../../src/tasks/miner.ts';
import type { AssignedCall, Task } from '../../src/tasks/task.ts';
import { declaredKinds, declaredTruth, plantedIds } from './support/capabilityTruth.ts';
import { findEditsEarly, readTruthRows, scoreFields, scoreTasks } from './support/taskTruth.ts';
import { readTraffic, trafficFolder } from './support/traffic.ts';
import { type Coverage, coverage } from './support/windows.ts';

/**
 * `npm run bench -- capabilities [--traffic FOLDER] [--windows 1000] [--skip-edits] [--json]`: what is found in the
 * development traffic, all files merged by time and site ids removed, against what was planted in it. Prints a table and,
 * as the last line, the same as JSON (`--json`: only that).
 */
const { values: options } = parseArgs({
  options: {
    traffic: { type: 'string' },
    windows: { type: 'string', default: '1000' },
    'skip-edits': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const folder = trafficFolder();
if (folder === null) {
  console.error(
    'No traffic folder: give one with --traffic FOLDER (files NAME.jsonl.gz, truth/, PLANTED.json).',
  );
  process.exit(2);
}

const DAY_MS = 86_400_000;
const rows = readTruthRows(folder);
const files = new Map(rows.map((row) => [row.call.trace.id, row.file]));
const startMs = Math.floor(rows[0]!.call.trace.startMs / DAY_MS) * DAY_MS;
const endMs = rows.at(-1)!.call.trace.startMs;

const discoverStart = performance.now();
const discovery = discoverTasks(rows.map((row) => row.call));
const discoverSeconds = (performance.now() - discoverStart) / 1000;
const callsOf = new Map<string, AssignedCall[]>();
for (const assigned of discovery.assigned) {
  const known = callsOf.get(assigned.assignment.taskId!);
  if (known === undefined) callsOf.set(assigned.assignment.taskId!, [assigned]);
  else known.push(assigned);
}
const analyseStart = performance.now();
const catalogues = discovery.tasks.map((task) =>
  analyseCapabilities(task, callsOf.get(task.id) ?? [], { nowMs: endMs }),
);
const analyseSeconds = (performance.now() - analyseStart) / 1000;

interface SetResult {
  readonly set: string;
  readonly declared: {
    readonly wanted: number;
    readonly found: number;
    readonly recall: number;
    readonly precision: number;
    readonly missed: readonly string[];
    readonly extra: readonly string[];
  };
  readonly planted: Readonly<Record<string, string>>;
  readonly wrong: readonly string[];
  readonly bounds: Readonly<Record<'calls' | 'hours', Coverage>> | null;
}

const sets = [...new Set(files.values())].sort().map(measure);
const seconds = { discover: discoverSeconds, analyse: analyseSeconds, calls: rows.length };
const tasks = scoreTasks(rows, discovery);
const fields = scoreFields(folder, rows, discovery);
const edits = options['skip-edits'] ? null : findEditsEarly(rows);
if (!options.json) print();
console.log(JSON.stringify({ seconds, tasks, fields, edits, sets }));

function measure(set: string): SetResult {
  const found = discovery.tasks
    .map((task, i) => ({ task, catalogue: catalogues[i]!, calls: callsOf.get(task.id) ?? [] }))
    .filter(({ calls }) => calls.length > 0 && majority(calls) === set);
  const wrong: string[] = [];
  const planted = plantedIds(folder!, set);
  const main = found.sort((a, b) => b.calls.length - a.calls.length)[0];
  return {
    set,
    declared: scoreDeclared(
      set,
      found.map(({ catalogue }) => catalogue),
    ),
    planted: main === undefined ? {} : scorePlanted(main.task, main.calls, main.catalogue, planted, wrong),
    wrong,
    bounds:
      main === undefined
        ? null
        : scoreBounds(main.task, main.calls, new Set([...planted.late, ...planted.retired])),
  };
}

function majority(calls: readonly AssignedCall[]): string {
  const counts = new Map<string, number>();
  for (const { call } of calls) {
    const file = files.get(call.trace.id)!;
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}

function scoreDeclared(set: string, of: readonly Catalogue[]): SetResult['declared'] {
  const truth = declaredTruth(set, readTraffic(folder!, set));
  const kinds = set.startsWith('bfcl') ? ['tool'] : declaredKinds;
  const ours = new Set(
    of.flatMap((catalogue) =>
      catalogue.capabilities.filter((c) => c.declared && kinds.includes(c.kind)).map((c) => c.id),
    ),
  );
  const missed = [...truth].filter((id) => !ours.has(id));
  const extra = [...ours].filter((id) => !truth.has(id));
  return {
    wanted: truth.size,
    found: ours.size,
    recall: truth.size === 0 ? 1 : 1 - missed.length / truth.size,
    precision: ours.size === 0 ? 1 : 1 - extra.length / ours.size,
    missed,
    extra,
  };
}

/** Verdicts at the end of the log and, for what comes late or seldom, on every day before. */
function scorePlanted(
  task: Task,
  calls: readonly AssignedCall[],
  catalogue: Catalogue,
  planted: ReturnType<typeof plantedIds>,
  wrong: string[],
): Record<string, string> {
  const at = (from: Catalogue, id: string): Capability | undefined =>
    from.capabilities.find((c) => c.id === id);
  const check = (
    ids: readonly string[],
    from: Catalogue,
    name: string,
    good: (c: Capability) => boolean,
  ): string => {
    const bad = ids.filter((id) => {
      const capability = at(from, id);
      return capability === undefined || !good(capability);
    });
    wrong.push(
      ...bad.map(
        (id) => `${name}: ${id} is ${at(from, id)?.status ?? 'absent'}/${at(from, id)?.verdict ?? '-'}`,
      ),
    );
    return `${ids.length - bad.length}/${ids.length}`;
  };
  const result: Record<string, string> = {
    deadNeverFired: check(planted.dead, catalogue, 'dead never fired', (c) => c.fired === 0),
    deadNotKept: check(planted.dead, catalogue, 'dead not kept', (c) => c.verdict !== 'keep'),
    addedLaterNotDead: check(
      planted.addedLater,
      catalogue,
      'new declaration not dead',
      (c) => c.status !== 'dead',
    ),
    rareNotDead: check(
      planted.rare,
      catalogue,
      'rare not dead',
      (c) => c.status !== 'dead' && c.verdict !== 'drop',
    ),
    lateNew: check(planted.late, catalogue, 'late is new', (c) => c.status === 'new'),
    retired: check(
      planted.retired,
      catalogue,
      'retired',
      (c) => c.status === 'retired' || c.status === 'dormant',
    ),
    deadCalledDead: `${planted.dead.filter((id) => at(catalogue, id)?.status === 'dead').length}/${planted.dead.length}`,
  };
  const watched = [...planted.rare, ...planted.late];
  if (watched.length === 0) return result;
  let calledDead = 0;
  for (let day = 2; day <= 20; day += 2) {
    const nowMs = startMs + day * DAY_MS;
    const early = analyseCapabilities(
      task,
      calls.filter(({ call }) => call.trace.startMs < nowMs),
      { nowMs },
    );
    const dead = watched.filter(
      (id) => at(early, id)?.status === 'dead' || at(early, id)?.verdict === 'drop',
    );
    calledDead += dead.length;
    wrong.push(...dead.map((id) => `day ${day}: ${id} called dead`));
  }
  result['calledDeadOnAnyDay'] = String(calledDead);
  if (planted.lateFromDay !== null) {
    const nowMs = startMs + planted.lateFromDay * DAY_MS - 1;
    const before = analyseCapabilities(
      task,
      calls.filter(({ call }) => call.trace.startMs < nowMs),
      { nowMs },
    );
    result['lateNotYetBefore'] = check(
      planted.late,
      before,
      'late before',
      (c) => c.status === 'not yet' && c.verdict === 'not yet',
    );
  }
  return result;
}

function scoreBounds(
  task: Task,
  calls: readonly AssignedCall[],
  unsteady: ReadonlySet<string>,
): SetResult['bounds'] {
  const tally = tallyCalls(task, calls);
  const found = universe(task, calls, tally).filter(
    ({ offer }) => ['label', 'enum', 'tool'].includes(offer.kind) && !unsteady.has(offer.id),
  );
  const usual = (['', 'offered:', 'tool:'] as const)
    .map((place) =>
      found.filter(({ offer }) => (place === '' ? offer.within === '' : offer.within.startsWith(place))),
    )
    .sort((a, b) => b.length - a.length)[0]!;
  if (usual.length === 0 || task.versions[0]!.toolset.kind === 'varying') return null;
  const input = {
    times: tally.times,
    near: findRepeats(tally.inputs, tally.times).near,
    signatures: signaturesOf(tally.times.length, usual),
    calls: Array.from(tally.times, (_, i) => i).filter((i) => tally.normal[i] === 1),
    hits: usual.map((entry) => entry.calls),
  };
  const windows = Number(options.windows);
  return { calls: coverage(input, 'calls', windows), hours: coverage(input, 'hours', windows) };
}

function print(): void {
  const share = (x: number): string => x.toFixed(4);
  console.log(
    `${rows.length} calls; tasks found in ${seconds.discover.toFixed(1)} s, capabilities in ${seconds.analyse.toFixed(1)} s`,
  );
  console.log(
    `tasks: adjusted Rand index ${share(tasks.adjustedRandIndex)}; split ${tasks.split.length}, merged ${tasks.merged.length}; kept out: precision ${share(tasks.keptOut.precision)}, recall ${share(tasks.keptOut.recall)}`,
  );
  for (const [kind, hits] of Object.entries(tasks.kinds))
    console.log(
      `  ${kind}: precision ${share(hits.precision)}, recall ${share(hits.recall)} (${hits.wanted})`,
    );
  for (const version of tasks.versions)
    console.log(
      `  ${version.task}: ${version.editions} editions, ${version.found} versions, ${version.astray} calls astray`,
    );
  for (const edit of edits ?? [])
    console.log(`  edit ${edit.edition}: found within ${edit.calls ?? 'more than 20'} calls`);
  console.log(
    `fields: missed ${fields.missed.join(', ') || 'none'}; invented ${fields.invented.join(', ') || 'none'}`,
  );
  for (const result of sets) {
    console.log(`\n${result.set}`);
    const { declared, bounds } = result;
    console.log(
      `  declared: ${declared.wanted}, recall ${share(declared.recall)}, precision ${share(declared.precision)} ${[...declared.missed.slice(0, 5).map((id) => `-${id}`), ...declared.extra.slice(0, 5).map((id) => `+${id}`)].join(' ')}`,
    );
    console.log(
      `  planted: ${Object.entries(result.planted)
        .filter(([, value]) => value !== '0/0')
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
    for (const line of result.wrong) console.log(`  WRONG ${line}`);
    for (const [how, c] of Object.entries(bounds ?? {}))
      console.log(
        `  bounds over ${c.windows} windows of ${how}: upper ${share(c.upper)} (worst ${share(c.worst)}), lower ${share(c.lower)}, interval ${share(c.interval)}, ${c.capabilities} capabilities`,
      );
  }
}
