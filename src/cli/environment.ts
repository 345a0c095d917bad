import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type App, createApp } from '../app/app.ts';
import { type AppSettings, defaultSettings } from '../app/settings.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { AppError } from '../base/error.ts';
import { silentLog, streamLog } from '../base/log.ts';

/** The folder that holds this program and its siblings (gateway.cjs, worker.cjs). */
export const dist = path.dirname(process.argv[1] ?? '.');

/** Replaced by the build with the version of package.json. */
declare const __VERSION__: string;
const version = typeof __VERSION__ === 'string' ? __VERSION__ : 'development';

/** The folder of a storage, made or not. */
export function storageOf(option: string | undefined): string {
  return path.resolve(option ?? path.join(os.homedir(), '.understudy', 'serve'));
}

/**
 * The folder of a storage that something was recorded into: of a misspelled one nothing would be told.
 * @throws AppError 'not-found'.
 */
export function existingStorage(option: string | undefined): string {
  const folder = storageOf(option);
  if (existsSync(folder)) return folder;
  throw new AppError('not-found', `There is no storage folder ${folder}.`, {
    next: 'Name the one with --storage that calls were recorded or imported into: `understudy serve` and `understudy import` make it.',
  });
}

/**
 * An app without an editor. Messages of the processes go to stderr where UNDERSTUDY_DEBUG is set.
 * @throws AppError 'bad-input' where the storage folder cannot be made.
 */
export async function openApp(options: {
  readonly storage: string;
  readonly settings?: Partial<AppSettings>;
  readonly clock?: Clock;
  readonly acceptClock?: boolean;
}): Promise<App> {
  await mkdir(options.storage, { recursive: true }).catch((cause: Error) => {
    throw new AppError(
      'bad-input',
      `The storage folder ${options.storage} cannot be made: ${cause.message}.`,
      { next: 'Name another one with --storage.', cause },
    );
  });
  return createApp({
    storage: options.storage,
    dist,
    version,
    settings: { ...defaultSettings, autoAnalyse: false, ...options.settings },
    log: process.env['UNDERSTUDY_DEBUG'] ? streamLog((line) => process.stderr.write(line)) : silentLog,
    clock: options.clock ?? systemClock,
    acceptClock: options.acceptClock ?? false,
    ownGateway: true,
  });
}
