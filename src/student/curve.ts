import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LearningPoint, TrainOptions } from './student.ts';

/**
 * Progress whose points outlive the process: those that a killed run of the same key had told are told again, each once,
 * so that the curve of a training that was gone on with is whole.
 * @param file JSON lines: the key, then a point each.
 */
export function lastingCurve(
  file: string,
  key: string,
  onProgress: TrainOptions['onProgress'],
): TrainOptions['onProgress'] {
  const told = pointsIn(file, key);
  const known = new Set(told.map(nameOf));
  for (const point of told)
    onProgress({ stage: 'prepare', fraction: 0, message: 'Going on where the last training ended', point });
  if (told.length === 0) write(() => begin(file, key));
  return (progress) => {
    const { point, ...rest } = progress;
    if (point === undefined) return onProgress(progress);
    // Steps since the last checkpoint are done again.
    if (known.has(nameOf(point))) return onProgress(rest);
    known.add(nameOf(point));
    write(() => appendFileSync(file, `${JSON.stringify(point)}\n`));
    onProgress(progress);
  };
}

function begin(file: string, key: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(key)}\n`);
}

function write(work: () => void): void {
  try {
    work();
  } catch {
    // A disk that is full costs the curve of a killed run, and not the training.
  }
}

function nameOf({ series, step }: LearningPoint): string {
  return `${series}/${step}`;
}

function pointsIn(file: string, key: string): LearningPoint[] {
  try {
    const [first, ...lines] = readFileSync(file, 'utf8').split('\n');
    if (first !== JSON.stringify(key)) return [];
    // What follows the last line break was torn off.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as LearningPoint);
  } catch {
    return []; // None, or one that cannot be read.
  }
}
