import * as vscode from 'vscode';
import type { AppState } from '../protocol.ts';

/** Context keys for `when` clauses: which commands make sense now. Each is set only when it changes. */
export class ContextKeys {
  readonly #values = new Map<string, boolean>();

  update({ gateway, traces, tasks, jobs }: AppState): void {
    this.#set('recording', gateway.kind === 'running' && gateway.capturing);
    this.#set('hasTraces', traces.total > 0);
    this.#set('hasTasks', tasks.length > 0);
    this.#set(
      'training',
      jobs.some((job) => job.taskId !== null),
    );
  }

  #set(key: string, value: boolean): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    void vscode.commands.executeCommand('setContext', `understudy.${key}`, value);
  }
}
