import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '../base/error.ts';
import { readTrafficLine, type TrafficLine } from '../traces/import/trafficFile.ts';

/** One line of a traffic file, with its place. */
export interface ReplayLine extends TrafficLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Traffic {
  /** Every readable line of every file, by time. */
  readonly lines: readonly ReplayLine[];
  readonly skipped: number;
}

/** Reads traffic files; a line that cannot be read is reported with its number and skipped. */
export async function readTraffic(
  files: readonly string[],
  onSkip: (message: string) => void,
): Promise<Traffic> {
  const lines: ReplayLine[] = [];
  let skipped = 0;
  for (const file of files) {
    const name = path.basename(file);
    let number = 0;
    try {
      for await (const text of readLines(file)) {
        number++;
        if (text.trim() === '') continue;
        const read = readTrafficLine(text);
        if (read.ok) lines.push({ ...read.value, file: name, line: number });
        else {
          skipped++;
          onSkip(`${name}:${number}: ${read.error}; skipped`);
        }
      }
    } catch (error) {
      throw new AppError(
        'bad-input',
        `${file} could not be read beyond line ${number}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
  lines.sort((a, b) => a.atMs - b.atMs);
  return { lines, skipped };
}

/** Lines end with a line feed and nothing else: JSON may hold U+2028, which other readers take for an end. */
async function* readLines(file: string): AsyncIterable<string> {
  const raw = createReadStream(file);
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // An error of the file does not travel through a pipe by itself.
  raw.on('error', (error) => input.destroy(error));
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
