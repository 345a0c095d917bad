import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type App, createApp } from '../../src/app/app.ts';
import type { AppPorts } from '../../src/app/session.ts';
import { type AppSettings, defaultSettings } from '../../src/app/settings.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { root } from './cli.ts';

/** A control plane on a storage of its own, with the real gateway and worker processes of dist/. */
export async function openTestApp(
  options: {
    readonly settings?: Partial<AppSettings>;
    readonly storage?: string;
    readonly ports?: Partial<AppPorts>;
  } = {},
): Promise<{ readonly app: App; readonly storage: string; close(): Promise<void> }> {
  const storage = options.storage ?? mkdtempSync(path.join(os.tmpdir(), 'understudy-app-'));
  const app = await createApp({
    storage,
    dist: path.join(root, 'dist'),
    version: 'test',
    settings: { ...defaultSettings, autoAnalyse: false, ...options.settings },
    log: silentLog,
    clock: systemClock,
    ownGateway: true,
    ...options.ports,
  });
  return {
    app,
    storage,
    close: async () => {
      await app.dispose();
      if (options.storage === undefined) rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The gateway's base URLs; throws where it does not run. */
export function baseUrls(app: App): Readonly<Record<string, string>> {
  const { gateway } = app.state;
  if (gateway.kind !== 'running') throw new Error(`the gateway is ${gateway.kind}`);
  return gateway.baseUrls;
}
