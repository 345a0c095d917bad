import type { Disposable } from '../base/disposable.ts';
import { AppError } from '../base/error.ts';
import { Emitter } from '../base/event.ts';
import type { ActionName, Actions, AppState } from '../protocol.ts';

/** What this room needs of an App. */
export interface AppLike {
  readonly state: AppState;
  onState(listener: (state: AppState) => void): Disposable;
  run<K extends ActionName>(name: K, params: Actions[K][0], options?: RunOptions): Promise<Actions[K][1]>;
  dispose(): Promise<void>;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** What a front shows before there is an app, or where there can be none. */
export const emptyState: AppState = {
  gateway: { kind: 'stopped' },
  traces: { total: 0, today: 0, bytes: 0, shed: 0, unassigned: 0 },
  young: [],
  tasks: [],
  jobs: [],
  problems: [],
  terms: [],
};

/**
 * The app of this workspace, started by the first action that needs it and never before: activation stays cheap, and an
 * editor whose user never opted in starts nothing. `obstacle` says why there can be no app (untrusted, no folder), or null.
 */
export class LazyApp {
  readonly #create: () => Promise<AppLike>;
  readonly #obstacle: () => AppError | null;
  readonly #changed = new Emitter<AppState>();
  #starting: Promise<AppLike> | null = null;
  #state: AppState = emptyState;
  #failure: AppState['problems'] = [];

  constructor(create: () => Promise<AppLike>, obstacle: () => AppError | null) {
    this.#create = create;
    this.#obstacle = obstacle;
  }

  get state(): AppState {
    return this.#failure.length === 0
      ? this.#state
      : { ...this.#state, problems: [...this.#failure, ...this.#state.problems] };
  }

  onState(listener: (state: AppState) => void): Disposable {
    return this.#changed.on(listener);
  }

  /** Starts the app if need be. Throws an AppError where it cannot be started; the next call tries again. */
  start(): Promise<AppLike> {
    const obstacle = this.#obstacle();
    if (obstacle !== null) return Promise.reject(obstacle);
    this.#starting ??= this.#open();
    return this.#starting;
  }

  async run<K extends ActionName>(
    name: K,
    params: Actions[K][0],
    options: RunOptions = {},
  ): Promise<Actions[K][1]> {
    const app = await this.start();
    return app.run(name, params, options);
  }

  async dispose(): Promise<void> {
    this.#changed.dispose();
    // A start that failed has nothing to dispose of, and was reported when it failed.
    const app = await this.#starting?.catch(() => null);
    await app?.dispose();
  }

  async #open(): Promise<AppLike> {
    try {
      const app = await this.#create();
      app.onState((state) => this.#show(state, []));
      this.#show(app.state, []);
      return app;
    } catch (error) {
      this.#starting = null;
      const message = error instanceof Error ? error.message : String(error);
      const next = error instanceof AppError ? error.next : null;
      this.#show(this.#state, [{ id: 'app-start', severity: 'error', message, next }]);
      throw error;
    }
  }

  #show(state: AppState, failure: AppState['problems']): void {
    this.#state = state;
    this.#failure = failure;
    this.#changed.emit(this.state);
  }
}
