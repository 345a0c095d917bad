import { existsSync, readdirSync } from 'node:fs';
import type * as vscode from 'vscode';
import type { AppState } from '../protocol.ts';
import { type Stage, showFailure } from './commands.ts';

const KEY = 'recording';

/** Remembers per workspace whether the user records, so that a reload goes on where it stopped. Off until opted in. */
export class Recording {
  readonly #stage: Stage;
  readonly #memory: vscode.Memento;
  #resuming = false;

  constructor(stage: Stage, memory: vscode.Memento) {
    this.#stage = stage;
    this.#memory = memory;
  }

  /** Follows the state: what runs now is what the next window of this workspace resumes. */
  async update(state: AppState): Promise<void> {
    if (this.#resuming || state.gateway.kind !== 'running') return;
    if (this.#memory.get(KEY, false) !== state.gateway.capturing) {
      await this.#memory.update(KEY, state.gateway.capturing);
    }
  }

  /** Takes the gateway over again where this workspace records, or shows what was recorded before. */
  async resume(storage: vscode.Uri | undefined): Promise<void> {
    const recorded = storage !== undefined && hasFiles(storage.fsPath);
    const records = this.#memory.get(KEY, false);
    if (!records && !recorded) return;
    this.#resuming = true;
    try {
      await this.#stage.app.start();
      if (records) await this.#stage.app.run('capture.start', null);
    } catch (error) {
      await showFailure(this.#stage.log, 'resume', error);
    } finally {
      this.#resuming = false;
    }
  }
}

function hasFiles(folder: string): boolean {
  try {
    return existsSync(folder) && readdirSync(folder).length > 0;
  } catch {
    // A folder that cannot be read has nothing to show; the app says why when it is needed.
    return false;
  }
}
