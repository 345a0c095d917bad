import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { watchMemory } from './memory.ts';
import { readLines } from './traffic.ts';

/** One fresh run of `understudy replay` in processes of its own. */
export interface ReplayOptions {
  readonly traffic: string;
  readonly split: 'file' | 'time';
  readonly seed: number;
  readonly epsilon: number;
}

export interface PredictionLine {
  readonly line: number;
  readonly task: string | null;
  readonly route: 'student' | 'teacher';
  readonly reason: string;
  readonly confidence: number | null;
  readonly answer: {
    readonly text?: string | null;
    readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  } | null;
  readonly agree: boolean | null;
}

export interface ReplayReport {
  readonly seconds: Readonly<Record<'capture' | 'discover' | 'train' | 'evaluate', number>>;
  readonly tasks: readonly {
    readonly name: string;
    readonly decision: string;
    readonly reason: string;
    readonly traces: number;
    readonly student: { readonly rung: string; readonly bytes: number } | null;
    readonly certificate: { readonly coverage: number } | null;
  }[];
}

/** What the written bundles say of the test lines in a fresh process, beside what was said behind the gateway. */
export interface Parity {
  readonly compared: number;
  /** Calls that were predicted and could not be asked again. */
  readonly left: number;
  /** Calls with another answer. */
  readonly answers: number;
  /** The largest difference between two confidences. */
  readonly largest: number;
  readonly held: boolean;
}

export interface Replayed {
  readonly report: ReplayReport;
  readonly lines: readonly PredictionLine[];
  readonly parity: Parity;
  /** MB at the peak. */
  readonly memory: { readonly largest: number; readonly together: number };
}

export async function replay({ traffic, split, seed, epsilon }: ReplayOptions): Promise<Replayed> {
  const work = mkdtempSync(path.join(tmpdir(), 'understudy-bench-'));
  try {
    const [report, predictions] = [path.join(work, 'R.json'), path.join(work, 'P.jsonl')];
    const program = path.resolve(import.meta.dirname, '../../../dist/understudy.cjs');
    const storage = path.join(work, 'storage');
    const named = {
      traffic,
      report,
      predictions,
      storage,
      split,
      seed: String(seed),
      epsilon: String(epsilon),
    };
    const args = Object.entries(named).flatMap(([name, value]) => [`--${name}`, value]);
    const { code, memory } = await finished([program, 'replay', ...args]);
    if (code !== 0) throw new Error(`replay of ${traffic} ended with ${code}`);
    const script = path.join(import.meta.dirname, 'parity.ts');
    const again = await finished([
      '--disable-warning=ExperimentalWarning',
      script,
      storage,
      traffic,
      predictions,
    ]);
    if (again.code !== 0) throw new Error(`asking the bundles of ${traffic} again ended with ${again.code}`);
    return {
      parity: JSON.parse(again.output) as Parity,
      report: JSON.parse(readFileSync(report, 'utf8')) as ReplayReport,
      lines: readLines<PredictionLine>(predictions),
      memory,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs Node with these arguments until it ends; what it prints is kept, its errors pass through. */
export async function finished(args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const watch = watchMemory(child.pid ?? 0);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, memory: watch.stop() };
}
