import path from 'node:path';
import { type App, createApp } from '../app/app.ts';
import { type AppSettings, defaultSettings } from '../app/settings.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { silentLog, streamLog } from '../base/log.ts';

/** The folder that holds this program and its siblings (gateway.cjs, worker.cjs). */
export const dist = path.dirname(process.argv[1] ?? '.');

/** Replaced by the build with the version of package.json. */
declare const __VERSION__: string;
const version = typeof __VERSION__ === 'string' ? __VERSION__ : 'development';

/** An app without an editor. Messages of the processes go to stderr where UNDERSTUDY_DEBUG is set. */
export function openApp(options: {
  readonly storage: string;
  readonly settings?: Partial<AppSettings>;
  readonly clock?: Clock;
  readonly acceptClock?: boolean;
}): Promise<App> {
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
