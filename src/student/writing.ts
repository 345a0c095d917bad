import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Dataset, Example } from '../dataset/example.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Prediction, Scored } from '../evaluation/prediction.ts';
import type { Pair } from '../evaluation/weakFields.ts';
import { disposeParts, type LearnedParts, readParts, writeParts } from './bundle.ts';
import type { Precision } from './half.ts';
import { choosePrecision, type PrecisionChoice } from './precision.ts';
import { type Parts, predictWith } from './predictor.ts';
import type { TrainOptions } from './student.ts';

/** A bundle without its card, in the folder for writing. */
export interface Written {
  readonly files: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly precision: PrecisionChoice;
}

/** Validation rows that the precisions are compared on, and the confidence from which answers are expected to be served. */
export interface WritingTrial {
  readonly rows: readonly Example[];
  readonly start: number;
}

/** Writes the student in both precisions, and leaves the one that the validation rows speak for. */
export async function writeStudent(
  parts: LearnedParts,
  { rows, start }: WritingTrial,
  options: TrainOptions,
): Promise<Written> {
  const folder = writingFolder(options);
  const folders: Record<Precision, string> = { int8: folder, float16: `${folder}-fine` };
  try {
    const told = async (precision: Precision) => {
      const written = writeParts(folders[precision], parts, precision);
      // What was answered before is repeated in either: the models are asked.
      const read = { ...(await readParts(folders[precision], written.files)), cache: {} };
      const scores = await score(read, rows);
      await disposeParts(read);
      return { written, rows: scores.map(({ scored }) => scored) };
    };
    const [int8, float16] = [await told('int8'), await told('float16')];
    const precision = choosePrecision({
      rows: { int8: int8.rows, float16: float16.rows },
      bytes: { int8: int8.written.bytes, float16: float16.written.bytes },
      start,
    });
    if (precision.weights === 'int8') return { ...int8.written, precision };
    rmSync(folder, { recursive: true, force: true });
    renameSync(folders.float16, folder);
    return { ...float16.written, precision };
  } finally {
    rmSync(folders.float16, { recursive: true, force: true });
  }
}

/** What the files say of the calls that nothing was fitted on. */
export async function scoreWritten({ files }: Written, { examples }: Dataset, options: TrainOptions) {
  const parts = await readParts(writingFolder(options), files);
  options.onProgress({ stage: 'calibrate', fraction: 0.88, message: 'Calibrating on untouched calls' });
  const untouched = await score(parts, oncePerCluster(examples, 'calibration'));
  const test = await score(
    parts,
    examples.filter((e) => e.split === 'test'),
  );
  await disposeParts(parts);
  return {
    calibration: untouched.map(({ scored }) => scored),
    pairs: untouched.map(({ pair }) => pair),
    test: test.map(({ scored }) => scored),
    parameters: parametersOf(parts),
  };
}

/** Where a bundle is written before it is moved to its place. */
export function writingFolder({ target }: TrainOptions): string {
  return `${target}.writing-${process.pid}`;
}

/** Removes what a process that was killed while it wrote has left of a bundle. */
export function sweep({ target }: TrainOptions): void {
  const [folder, begin] = [path.dirname(target), `${path.basename(target)}.writing-`];
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(begin) && !isRunning(Number.parseInt(name.slice(begin.length), 10)))
      rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function score(
  parts: Parts,
  examples: readonly Example[],
): Promise<{ readonly scored: Scored; readonly pair: Pair }[]> {
  const predictions = await predictWith(
    parts,
    examples.map((example) => example.input),
  );
  return examples.map((example, i) => ({
    scored: scoredOf(example, predictions[i]!),
    pair: { said: predictions[i]!.answer, given: example.answer },
  }));
}

function scoredOf(example: Example, prediction: Prediction): Scored {
  const { answer, reason, confidence, bucket, cached } = prediction;
  return {
    callId: example.callId,
    atMs: example.atMs,
    confidence,
    agree: answer !== null && answersAgree(answer, example.answer),
    answered: answer !== null && reason === null,
    bucket,
    cached,
  };
}

/** Near duplicates are one observation: binomial bounds count independent rows. */
export function oncePerCluster(examples: readonly Example[], split: Example['split']): Example[] {
  const seen = new Set<number>();
  return examples.filter((example) => {
    if (example.split !== split || seen.has(example.cluster)) return false;
    seen.add(example.cluster);
    return true;
  });
}

function parametersOf({ wide, tagger }: Parts): number {
  const heads = [...(wide?.heads.values() ?? [])].reduce((sum, head) => sum + head.linear.weights.length, 0);
  return heads + (tagger?.crf.emissions.length ?? 0);
}
