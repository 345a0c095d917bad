import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { OptionHelp } from './options.ts';

export interface Command {
  /** The command with its words; options are told apart. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionHelp[];
  /** @returns the exit code. @throws UsageError for misuse, AppError for what went wrong. */
  run(args: readonly string[], signal: AbortSignal): Promise<number>;
}

/** The command line was wrong: exit code 2 and the usage. */
export class UsageError extends Error {}

/** Options and at most so many positional words, with our error for unknown ones. */
export function parse<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
  words = 0,
) {
  const parsed = parsedAs(args, options);
  const unknown = parsed.positionals[words];
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is one word too many.`);
  return parsed;
}

function parsedAs<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error));
  }
}

export function numberOption(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
    throw new UsageError(`--${name} takes a number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}

/** How large a share of the calls may become of kinds never seen; null, left out or "auto": as the traffic suggests. */
export function newKindsOption(text: string | undefined): number | null {
  if (text === undefined || text === 'auto') return null;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 0.9))
    throw new UsageError(`--new-kinds takes auto or a number from 0 to 0.9, not "${text}".`);
  return value;
}

export function choiceOption<T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
  fallback: T,
): T {
  if (text === undefined) return fallback;
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new UsageError(`--${name} takes one of ${choices.join(', ')}, not "${text}".`);
  return found;
}

export function existingFile(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  if (!statSync(file).isFile()) throw new UsageError(`${file} is not a file.`);
  return file;
}

/** A file that is to be written: what takes minutes to make is not lost for want of a folder. */
export function newFile(file: string): string {
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder} to write ${file} to.`);
  if (existsSync(file) && statSync(file).isDirectory())
    throw new UsageError(`${file} is a folder, not a file to write to.`);
  return file;
}

function firstSentence(text: string): string {
  return text.split('. ')[0] ?? text;
}
