import path from 'node:path';
import { makeFolderIfRoom } from '../base/disk.ts';
import type { Disposable } from '../base/disposable.ts';
import { toAppError } from '../base/error.ts';
import { Emitter } from '../base/event.ts';
import type { ActionName, Actions, AppState } from '../protocol.ts';
import { openStore } from '../traces/store.ts';
import { actions } from './actions.ts';
import { refresh } from './refresh.ts';
import { type AppPorts, openSession, report, takeOver } from './session.ts';
import { type AppSettings, retentionOf } from './settings.ts';
import { buildState } from './state.ts';

/** The control plane: one state, one table of actions, no editor. The palette and the command line both run this. */
export interface App {
  /** The snapshot every front shows; a new object whenever something changed. */
  readonly state: AppState;
  onState(listener: (state: AppState) => void): Disposable;
  /** @throws AppError with a message for the user. */
  run<K extends ActionName>(name: K, params: Actions[K][0], options?: RunOptions): Promise<Actions[K][1]>;
  /** Reads new traces and gateway figures now instead of at the next tick. */
  refresh(): Promise<void>;
  updateSettings(settings: AppSettings): Promise<void>;
  dispose(): Promise<void>;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, message: string) => void;
}

const TICK_MS = 1000;

export async function createApp(ports: AppPorts): Promise<App> {
  makeFolderIfRoom(ports.storage);
  const session = openSession(ports);
  session.store = await openStore({
    folder: ports.storage,
    wasm: path.join(ports.dist, 'sql-wasm.wasm'),
    log: ports.log,
  });
  const states = new Emitter<AppState>((error) => ports.log.error('state listener', error));
  let state = buildState(session);
  let scheduled = false;
  session.changed = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      state = buildState(session);
      states.emit(state);
    });
  };

  let ticking: Promise<void> | null = null;
  const tick = (): Promise<void> => {
    ticking ??= refresh(session)
      .catch((thrown) => {
        const error = toAppError(thrown);
        report(session, { id: 'refresh', severity: 'warning', message: error.message, next: error.next });
      })
      .finally(() => {
        ticking = null;
      });
    return ticking;
  };
  const timer = setInterval(() => void tick(), TICK_MS);
  timer.unref();

  return {
    get state() {
      return state;
    },
    onState: (listener) => states.on(listener),
    run: async (name, params, options = {}) => {
      takeOver(session);
      try {
        return await actions[name](session, params, options);
      } finally {
        state = buildState(session);
        session.changed();
      }
    },
    refresh: async () => {
      // One that is under way may have looked before what the caller wants to see.
      await ticking;
      await tick();
      state = buildState(session);
    },
    updateSettings: async (settings) => {
      session.settings = settings;
      await session.gateway?.configure({
        upstreams: settings.upstreams,
        recordAgents: settings.captureAgents,
        recording: { redaction: settings.redaction, retention: retentionOf(settings) },
      });
      session.changed();
    },
    dispose: async () => {
      clearInterval(timer);
      for (const job of session.jobs.values()) job.abort.abort();
      await ticking;
      await session.closeWorker();
      // Letting go is not stopping: but whoever lets go must not start it again when somebody else stops it.
      if (ports.ownGateway ?? true) await session.gateway?.stop();
      else session.gateway?.dispose();
      await session.store?.close();
      states.dispose();
    },
  };
}
