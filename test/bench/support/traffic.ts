import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Lines of traffic files and their truth, for benchmarks; the product reads traffic through `understudy replay`. */

export interface TrafficLine {
  readonly ts: string;
  readonly site: string | null;
  readonly provider: string;
  readonly status: number;
  readonly split: 'train' | 'val' | 'test';
  readonly request: Record<string, unknown>;
  readonly response: Record<string, unknown>;
}

export interface TruthLine {
  readonly i: number;
  readonly kind: string;
  readonly src: string;
  readonly gold: unknown;
}

/** The folder given by `--traffic`, else the one beside the repository; null where there is none. */
export function trafficFolder(argv: readonly string[] = process.argv): string | null {
  const at = argv.indexOf('--traffic');
  const given = at >= 0 ? argv[at + 1] : process.env['UNDERSTUDY_TRAFFIC'];
  const folder = given ?? path.resolve(import.meta.dirname, '../../../../shared/traffic');
  return existsSync(folder) ? folder : null;
}

export function readLines<T>(file: string): T[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export function readTraffic(folder: string, set: string): TrafficLine[] {
  return readLines<TrafficLine>(path.join(folder, `${set}.jsonl.gz`));
}

export function readTruth(folder: string, set: string): TruthLine[] {
  return readLines<TruthLine>(path.join(folder, 'truth', `${set}.truth.jsonl.gz`));
}
