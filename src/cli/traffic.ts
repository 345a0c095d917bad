import path from 'node:path';
import { AppError } from '../base/error.ts';
import { readRecords } from '../traces/import/records.ts';
import { pathOf, readTrafficRecord, type TrafficLine } from '../traces/import/trafficFile.ts';

/** One line of a traffic file, with its place. Bodies are JSON text: as objects a file takes five times the memory. */
export interface ReplayLine extends Omit<TrafficLine, 'request' | 'response'> {
  /** Where the request goes, behind the provider's base URL. */
  readonly path: string;
  readonly request: string;
  readonly response: string;
  readonly file: string;
  /** From 1; of objects that share a line, the later ones count on. */
  readonly line: number;
}

export interface Traffic {
  /** Every readable line of every file, by time. */
  readonly lines: readonly ReplayLine[];
  readonly skipped: number;
}

/** Skipped lines of a file that are told one by one. */
const told = 5;

/**
 * Reads traffic files, packed or not; a line that cannot be read is reported with its number and skipped.
 * @throws AppError 'bad-input' for a file that breaks off or holds no call.
 */
export async function readTraffic(
  files: readonly string[],
  onSkip: (message: string) => void,
): Promise<Traffic> {
  const lines: ReplayLine[] = [];
  let skipped = 0;
  for (const file of files) {
    const found = await readFile(file, onSkip);
    for (const line of found.lines) lines.push(line);
    skipped += found.skipped;
  }
  lines.sort((a, b) => a.atMs - b.atMs);
  return { lines, skipped };
}

async function readFile(file: string, onSkip: (message: string) => void): Promise<Traffic> {
  const name = path.basename(file);
  const lines: ReplayLine[] = [];
  const reasons = new Map<string, number>();
  let skipped = 0;
  let number = 0;
  try {
    for await (const { line, content } of readRecords(file)) {
      number = Math.max(line, number + 1);
      const read = content.ok ? readTrafficRecord(content.value) : content;
      if (read.ok) {
        lines.push(replayLine(read.value, name, number));
        continue;
      }
      skipped++;
      reasons.set(read.error, (reasons.get(read.error) ?? 0) + 1);
      if (skipped <= told) onSkip(`${name}:${number}: ${read.error}; skipped`);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError(
      'bad-input',
      `${file} could not be read beyond line ${number}: ${(cause as Error).message}.`,
      { next: 'It was probably cut short: fetch or pack it again.', cause },
    );
  }
  if (lines.length === 0) throw nothingIn(file, skipped, reasons);
  if (skipped > told) onSkip(`${name}: ${skipped - told} more lines skipped (${inWords(reasons)})`);
  return { lines, skipped };
}

function replayLine(read: TrafficLine, file: string, line: number): ReplayLine {
  const { request, response } = read;
  return {
    ...read,
    path: pathOf(read),
    request: JSON.stringify(request),
    response: JSON.stringify(response),
    file,
    line,
  };
}

function nothingIn(file: string, skipped: number, reasons: ReadonlyMap<string, number>): AppError {
  const why =
    skipped === 0
      ? 'it is empty'
      : `${skipped === 1 ? 'one record was' : `${skipped} records were`} skipped (${inWords(reasons)})`;
  return new AppError('bad-input', `${file} holds no call that can be replayed: ${why}.`, {
    next: 'A line is one JSON object with "ts", "provider", "status", "request" and "response" (and "split": "test" where it is to be served); `understudy import` reads other formats.',
  });
}

/** The most frequent reasons with their counts. */
function inWords(reasons: ReadonlyMap<string, number>): string {
  return [...reasons]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([reason, count]) => `${count.toLocaleString('en')} × ${reason}`)
    .join(', ');
}
