import * as vscode from 'vscode';
import type { AppState } from '../protocol.ts';
import { statusOf } from './words.ts';

/** The one status bar item: off, recording, serving or in trouble. A click opens the view. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;

  constructor() {
    this.#item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 50);
    this.#item.name = 'Understudy';
    this.#item.command = 'understudy.tasks.focus';
  }

  update(state: AppState): void {
    const { kind, icon, text, tooltip } = statusOf(state);
    this.#item.text = `$(${icon}) ${text}`;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `${text}. ${tooltip}` };
    this.#item.backgroundColor =
      kind === 'error' ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}
