import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Figures, figuresOf } from './support/figures.ts';
import { type Exam, examOf, judge, splitOf } from './support/judge.ts';
import { linearPeer } from './support/peer.ts';
import { finished, type Replayed, replay } from './support/replayRun.ts';
import { share } from './support/scores.ts';
import { type RunResult, type SetResult, tableOf } from './support/scoreTable.ts';
import { readTraffic, readTruth, type TrafficLine, trafficFolder } from './support/traffic.ts';

/**
 * `npm run bench -- students [--traffic FOLDER] [--sets a,b] [--seeds 1,2,3] [--epsilon 0.02] [--json FILE]
 * [--parts runs,peer,small,wide]`: fresh runs of `understudy replay` on every set and seed, joined with the truth beside
 * the traffic, next to a linear peer trained and certified in the same run, with the goals. Each set's table is printed
 * when the set is done. With `--json` every result is written down as it comes; started again with the same file, the same
 * program and the same epsilon, it goes on where it stopped.
 */
const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    traffic: { type: 'string' },
    sets: {
      type: 'string',
      default: 'clinc150,clinc150_zipf,snips,sms_spam,trec,loghub,gsm8k,bfcl_simple_multiple',
    },
    seeds: { type: 'string', default: '1,2,3' },
    epsilon: { type: 'string', default: '0.02' },
    json: { type: 'string' },
    parts: { type: 'string', default: 'runs,peer,small,wide' },
  },
});
const folder = trafficFolder();
if (folder === null) {
  console.error('There is no traffic to measure on: give its folder with --traffic.');
  process.exit(2);
}
const epsilon = Number(values.epsilon);
const seeds = values.seeds.split(',').map(Number);
const parts = new Set(values.parts.split(','));
/** Sets that are to stay with the teacher: one seed says it, and there is nothing for a peer to learn. */
const toTeacher = new Set(['gsm8k', 'bfcl_simple_multiple']);
const smallRows = 1000;

const program = createHash('sha256')
  .update(readFileSync(path.resolve(import.meta.dirname, '../../dist/understudy.cjs')))
  .digest('hex');
const store = openStore();
const started = performance.now();
for (const set of values.sets.split(',')) {
  const result = await measure(folder, set);
  for (const line of tableOf(result, epsilon)) console.log(line);
}
console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes`);

async function measure(from: string, set: string): Promise<SetResult> {
  const traffic = readTraffic(from, set);
  const exam = examOf(set, traffic, readTruth(from, set));
  const runs: RunResult[] = [];
  const wanted = toTeacher.has(set) ? seeds.slice(0, 1) : seeds;
  if (parts.has('runs'))
    for (const seed of wanted)
      runs.push(
        await kept(`${set}/${seed}`, () => runOf(path.join(from, `${set}.jsonl.gz`), set, seed, exam)),
      );
  const alone = !toTeacher.has(set);
  const only = <T>(part: string, make: () => Promise<T>): Promise<T | null> =>
    alone && parts.has(part) ? kept(`${set}/${part}`, make) : Promise.resolve(null);
  return {
    set,
    tests: exam.test.length,
    runs,
    peer: await only('peer', async () =>
      figuresOf(await linearPeer(exam.learned, exam.test, epsilon), epsilon),
    ),
    small: await only('small', () => smallOf(set, traffic, exam)),
    wideAlone: await only('wide', () => wideAlone(from, set)),
  };
}

async function runOf(file: string, set: string, seed: number, exam: Exam): Promise<RunResult> {
  const replayed = await replay({ traffic: file, split: splitOf(set), seed, epsilon });
  const rows = judge(exam, replayed.lines);
  const { report, memory, parity } = replayed;
  const main = [...report.tasks].sort((a, b) => b.traces - a.traces)[0];
  const served = rows.filter((row) => row.served);
  const figures: Figures = figuresOf(rows, epsilon);
  return {
    seed,
    figures,
    served: served.length,
    wrong: served.filter((row) => !row.agree).length,
    seconds: { ...report.seconds, 'calls to bundle': report.seconds.discover + report.seconds.train },
    megabytes: memory,
    rung: main?.student?.rung ?? 'no student',
    bundleMegabytes: (main?.student?.bytes ?? 0) / 1e6,
    parity,
    decision: `${main?.decision ?? 'no task'}: ${main?.reason ?? ''}`,
  };
}

/**
 * The first thousand learned calls, against the peer on the same ones: the ladder has to fall back. Asked of test calls
 * of the same editions, as prompts that come later stay with the teacher.
 */
async function smallOf(
  set: string,
  traffic: readonly TrafficLine[],
  exam: Exam,
): Promise<SetResult['small']> {
  const learned = exam.learned.slice(0, smallRows);
  const editions = new Set(learned.map((asked) => asked.edition));
  const test = exam.test.filter((asked) => editions.has(asked.edition));
  const isTest = new Set(test.map((asked) => asked.line));
  const isLearned = new Set(learned.map((asked) => asked.line));
  const lines = traffic.flatMap((line, i) => {
    const number = i + 1;
    if (!isTest.has(number) && !isLearned.has(number)) return [];
    return [{ number, line: { ...line, split: isTest.has(number) ? 'test' : 'train' } }];
  });
  const work = mkdtempSync(path.join(tmpdir(), 'understudy-small-'));
  try {
    const file = path.join(work, `${set}.jsonl.gz`);
    writeFileSync(file, gzipSync(lines.map(({ line }) => `${JSON.stringify(line)}\n`).join('')));
    const replayed: Replayed = await replay({ traffic: file, split: 'file', seed: 1, epsilon });
    const renumbered = replayed.lines.map((line) => ({ ...line, line: lines[line.line - 1]!.number }));
    const rows = judge({ learned, test }, renumbered);
    const peer = await linearPeer(learned, test, epsilon);
    return {
      rows: learned.length,
      tests: test.length,
      student: share(rows, (row) => row.agree),
      peer: share(peer, (row) => row.agree),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function wideAlone(from: string, set: string): Promise<SetResult['wideAlone']> {
  const script = path.join(import.meta.dirname, 'support/wideAlone.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, from, set, '1', String(epsilon)];
  const { code, output, memory } = await finished(args);
  if (code !== 0) throw new Error(`training on ${set} ended with ${code}`);
  const { seconds, certified } = JSON.parse(output) as { seconds: number; certified: number };
  return { seconds, certified, megabytes: memory.largest };
}

/** Results by name, read from and written to the JSON file; those of another program or promise are forgotten. */
function openStore(): { readonly results: Record<string, unknown>; write(): void } {
  const file = values.json;
  const known: unknown =
    file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  const before = known as { program: string; epsilon: number; results: Record<string, unknown> } | null;
  const same = before !== null && before.program === program && before.epsilon === epsilon;
  const results = same ? before.results : {};
  return {
    results,
    write: () => {
      if (file !== undefined)
        writeFileSync(file, `${JSON.stringify({ program, epsilon, results }, null, 1)}\n`);
    },
  };
}

async function kept<T>(name: string, make: () => Promise<T>): Promise<T> {
  const before = store.results[name];
  if (before !== undefined) return before as T;
  const result = await make();
  store.results[name] = result;
  store.write();
  process.stderr.write(`${name} measured\n`);
  return result;
}
