import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isObject, type Json, parseJson } from '../../src/base/json.ts';
import { linearPeer, type PeerResult, type PeerRow } from './support/peer.ts';
import { auroc, coverageAt, meanAndRange, share } from './support/scores.ts';
import { readLines, readTraffic, readTruth, type TrafficLine, trafficFolder } from './support/traffic.ts';

/**
 * Fresh runs of `understudy replay` per traffic file and seed, joined with the truth beside the traffic.
 * npm run bench -- students [--traffic FOLDER] [--sets a,b] [--seeds 1,2,3] [--epsilon 0.02] [--json FILE]
 */

interface PredictionLine {
  readonly line: number;
  readonly route: 'student' | 'teacher';
  readonly reason: string;
  readonly confidence: number | null;
  readonly answer: {
    readonly text?: string;
    readonly toolCalls?: readonly { name: string; arguments: string }[];
  } | null;
  readonly agree: boolean | null;
}

interface Judged {
  readonly label: string;
  readonly confidence: number;
  readonly agree: boolean;
  readonly served: boolean;
  readonly outside: boolean;
  readonly fields: Readonly<Record<string, boolean>>;
}

interface Run {
  readonly seconds: Readonly<Record<string, number>>;
  readonly rung: string;
  readonly decision: string;
  readonly bytes: number;
  readonly certified: number;
  readonly rows: readonly Judged[];
}

/** What an answer calls a request that is none of its business, per file; a benchmark may know, the product does not. */
const outsideLabels: Readonly<Record<string, string>> = { clinc150: 'out_of_scope' };

const folder = trafficFolder();
if (folder === null) {
  console.error('There is no traffic to measure on: give its folder with --traffic.');
  process.exit(2);
}
const sets = option('sets')?.split(',') ?? [
  'clinc150',
  'clinc150_zipf',
  'snips',
  'sms_spam',
  'trec',
  'loghub',
];
const seeds = (option('seeds') ?? '1,2,3').split(',').map(Number);
const epsilon = Number(option('epsilon') ?? 0.02);

for (const set of sets) {
  const peer = await peerOf(folder, set);
  const runs: Run[] = [];
  for (const seed of seeds) runs.push(await replay(folder, set, seed));
  print(set, runs, peer);
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function replay(from: string, set: string, seed: number): Promise<Run> {
  const work = mkdtempSync(path.join(tmpdir(), 'understudy-bench-'));
  try {
    const [report, predictions] = [path.join(work, 'R.json'), path.join(work, 'P.jsonl')];
    const traffic = path.join(from, `${set}.jsonl.gz`);
    const program = path.resolve(import.meta.dirname, '../../dist/understudy.cjs');
    const args = [program, 'replay', '--traffic', traffic, '--report', report, '--predictions', predictions];
    const code = await finished([
      ...args,
      '--seed',
      String(seed),
      '--epsilon',
      String(epsilon),
      '--split',
      splitOf(set),
    ]);
    if (code !== 0) throw new Error(`replay of ${set} ended with ${code}`);
    return judge(from, set, JSON.parse(readFileSync(report, 'utf8')) as Report, readLines(predictions));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Traffic that was resampled over time is judged on its newest days. */
function splitOf(set: string): string {
  return set.endsWith('_zipf') ? 'time' : 'file';
}

function finished(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}

interface Report {
  readonly seconds: Readonly<Record<string, number>>;
  readonly tasks: readonly {
    readonly decision: string;
    readonly reason: string;
    readonly traces: number;
    readonly student: { readonly rung: string; readonly bytes: number } | null;
    readonly certificate: { readonly coverage: number } | null;
  }[];
}

function judge(from: string, set: string, report: Report, lines: readonly PredictionLine[]): Run {
  const traffic = readTraffic(from, set);
  const truth = readTruth(from, set);
  const rows = lines.flatMap((line): Judged[] => {
    const source = traffic[line.line - 1];
    if (source === undefined || truth[line.line - 1]?.kind !== 'normal') return [];
    const gold = answerOf(source);
    const label = labelOf(gold);
    return [
      {
        label,
        confidence: line.answer === null ? 0 : (line.confidence ?? 0),
        agree: line.agree === true,
        served: line.route === 'student',
        outside: label === outsideLabels[set],
        fields: fieldsAgree(gold, line.answer),
      },
    ];
  });
  const main = [...report.tasks].sort((a, b) => b.traces - a.traces)[0];
  return {
    seconds: report.seconds,
    rung: main?.student?.rung ?? 'none',
    decision: `${main?.decision ?? 'no task'}: ${main?.reason ?? ''}`,
    bytes: main?.student?.bytes ?? 0,
    certified: main?.certificate?.coverage ?? 0,
    rows,
  };
}

interface Gold {
  readonly text: string | null;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
}

function answerOf({ response }: TrafficLine): Gold {
  const body = response as {
    choices?: {
      message: { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] };
    }[];
    content?: { type: string; text?: string }[];
  };
  const message = body.choices?.[0]?.message;
  if (message !== undefined)
    return { text: message.content, calls: (message.tool_calls ?? []).map((call) => call.function) };
  const text = (body.content ?? []).map((part) => part.text ?? '').join('');
  return { text, calls: [] };
}

/** The label a classical peer would be trained on: the tool, the field with the longest name space, or the text. */
function labelOf({ text, calls }: Gold): string {
  if (calls.length > 0) return calls.map((call) => call.name).join('+');
  const value = parseJson(text ?? '');
  if (!isObject(value)) return text ?? '';
  return String(value['fine'] ?? value['intent'] ?? JSON.stringify(value));
}

function fieldsAgree(gold: Gold, answer: PredictionLine['answer']): Record<string, boolean> {
  const [want, have] = [parseJson(gold.text ?? ''), parseJson(answer?.text ?? '')];
  if (isObject(want)) return compareFields(want, isObject(have) ? have : {}, '');
  const call = gold.calls[0];
  if (call === undefined) return {};
  const other = answer?.toolCalls?.[0];
  const args = parseJson(call.arguments);
  const given = parseJson(other?.arguments ?? '');
  const same = other?.name === call.name;
  return {
    tool: same,
    ...(isObject(args) && gold.calls.length === 1 && Object.keys(args).length <= 6
      ? compareFields(args, isObject(given) && same ? given : {}, 'arg.')
      : {}),
  };
}

function compareFields(
  want: { readonly [key: string]: Json },
  have: { readonly [key: string]: Json },
  prefix: string,
) {
  return Object.fromEntries(
    Object.entries(want).map(([key, value]) => [
      prefix + key,
      JSON.stringify(value) === JSON.stringify(have[key]),
    ]),
  );
}

async function peerOf(from: string, set: string): Promise<PeerResult | null> {
  const traffic = readTraffic(from, set);
  const truth = readTruth(from, set);
  const rows = traffic.flatMap((line, i): (PeerRow & { test: boolean })[] => {
    const kind = truth[i]?.kind ?? '';
    if (!['normal', 'dup', 'neardup'].includes(kind)) return [];
    if (line.split === 'test' && kind !== 'normal') return [];
    const messages = (line.request['messages'] ?? []) as { content: string }[];
    const text = String(messages.at(-1)?.content ?? '');
    return [{ text, label: labelOf(answerOf(line)), test: line.split === 'test' }];
  });
  if (new Set(rows.map((row) => row.label)).size > 500) return null;
  return linearPeer(
    rows.filter((row) => !row.test),
    rows.filter((row) => row.test),
    epsilon,
  );
}

function print(set: string, runs: readonly Run[], peer: PeerResult | null): void {
  const outside = outsideLabels[set];
  const of = (figure: (rows: readonly Judged[]) => number): string =>
    meanAndRange(runs.map((run) => figure(run.rows)));
  const inside = (rows: readonly Judged[]): Judged[] => rows.filter((row) => !row.outside);
  const peerInside = peer?.rows.filter((row) => row.label !== outside) ?? [];
  console.log(
    `\n## ${set} (${runs[0]?.rows.length ?? 0} test lines, seeds ${seeds.join(', ')}; percent, mean and range)`,
  );
  console.log(runs[0]?.decision ?? '');
  const line = (name: string, ours: string, theirs: string): void =>
    console.log(`${name.padEnd(44)}${ours.padEnd(24)}${theirs}`);
  const theirs = (value: number | undefined): string => (value === undefined ? '-' : meanAndRange([value]));
  line('', 'student', 'linear peer');
  line(
    'accuracy (whole answer)',
    of((rows) => share(rows, (r) => r.agree)),
    theirs(peer?.accuracy),
  );
  if (outside !== undefined) {
    line(
      'accuracy in scope',
      of((rows) => share(inside(rows), (r) => r.agree)),
      theirs(share(peerInside, (r) => r.agree)),
    );
    line(
      'coverage at 2 % in scope',
      of((rows) => coverageAt(inside(rows), 0.02)),
      theirs(coverageAt(peerInside, 0.02)),
    );
    const ranking = (rows: readonly { confidence: number; label: string }[]): number =>
      auroc(
        rows.filter((r) => r.label !== outside).map((r) => r.confidence),
        rows.filter((r) => r.label === outside).map((r) => r.confidence),
      );
    line(
      'AUROC in scope against out of scope',
      of(ranking),
      peer === null ? '-' : theirs(ranking(peer.rows)),
    );
    line(
      'out of scope answered wrongly in silence',
      of((rows) =>
        share(
          rows.filter((r) => r.outside),
          (r) => r.served && !r.agree,
        ),
      ),
      '-',
    );
  }
  line(
    'coverage at 2 %',
    of((rows) => coverageAt(rows, 0.02)),
    theirs(peer?.coverage2),
  );
  line(
    'coverage at 3 %',
    of((rows) => coverageAt(rows, 0.03)),
    theirs(peer?.coverage3),
  );
  line(
    'served',
    of((rows) => share(rows, (r) => r.served)),
    theirs(peer?.certified),
  );
  line(
    'disagreement among the served',
    of((rows) =>
      share(
        rows.filter((r) => r.served),
        (r) => !r.agree,
      ),
    ),
    '-',
  );
  line('certified coverage (calibration)', meanAndRange(runs.map((run) => run.certified)), '-');
  const fields = new Set(runs.flatMap((run) => run.rows.flatMap((row) => Object.keys(row.fields))));
  for (const field of [...fields].filter((name) => !name.startsWith('arg.')).slice(0, 8))
    line(
      `field ${field}`,
      of((rows) =>
        share(
          rows.filter((r) => field in r.fields),
          (r) => r.fields[field] === true,
        ),
      ),
      '-',
    );
  for (const run of runs)
    console.log(
      JSON.stringify({
        set,
        rung: run.rung,
        megabytes: Math.round(run.bytes / 1e5) / 10,
        seconds: run.seconds,
      }),
    );
}
