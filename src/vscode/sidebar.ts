import * as vscode from 'vscode';
import { toAppError } from '../base/error.ts';
import type { FromWebview, ToWebview } from '../protocol.ts';
import { actionNames, runAction, type Stage } from './commands.ts';
import { newNonce, page } from './page.ts';

const UPDATE_EVERY_MS = 100;

/** The view in the activity bar: shows the state, sends actions. All logic is on this side of the messages. */
export class Sidebar implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #stage: Stage;
  readonly #extension: vscode.Uri;
  readonly #subscription: { dispose(): void };
  #view: vscode.WebviewView | null = null;
  #timer: NodeJS.Timeout | null = null;
  #wanted: string | null = null;
  #ready = false;

  constructor(stage: Stage, extension: vscode.Uri) {
    this.#stage = stage;
    this.#extension = extension;
    this.#subscription = stage.app.onState(() => this.#schedule());
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const assets = vscode.Uri.joinPath(this.#extension, 'dist', 'webview');
    const uri = (name: string): string =>
      view.webview.asWebviewUri(vscode.Uri.joinPath(assets, name)).toString();
    this.#view = view;
    this.#ready = false;
    view.webview.options = { enableScripts: true, localResourceRoots: [assets] };
    view.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    view.onDidDispose(() => {
      this.#view = null;
      this.#ready = false;
    });
    view.webview.html = page({
      source: view.webview.cspSource,
      nonce: newNonce(),
      title: 'Understudy',
      styles: [uri('codicon.css'), uri('sidebar.css')],
      script: uri('sidebar.js'),
      kind: 'sidebar',
    });
  }

  /** Opens the view on one task. */
  async showTask(taskId: string): Promise<void> {
    this.#wanted = taskId;
    await vscode.commands.executeCommand('understudy.tasks.focus');
    this.#deliverWanted();
  }

  dispose(): void {
    this.#subscription.dispose();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #receive(message: unknown): Promise<void> {
    if (!isFromWebview(message)) return;
    if (message.kind === 'ready') {
      this.#ready = true;
      this.#post({ kind: 'state', state: this.#stage.app.state });
      this.#deliverWanted();
    } else if (message.kind === 'command') {
      const { command, taskId } = message;
      if (command.startsWith('understudy.')) await vscode.commands.executeCommand(command, { taskId });
    } else {
      await this.#act(message);
    }
  }

  async #act(message: Extract<FromWebview, { kind: 'action' }>): Promise<void> {
    const { id, name, params } = message;
    try {
      // The view shows the progress itself.
      await runAction(this.#stage, name, params, 'silent');
      this.#post({ kind: 'action-done', id });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled') this.#stage.log.error(name, error.cause ?? error);
      if (error.code === 'cancelled') this.#post({ kind: 'action-done', id });
      else this.#post({ kind: 'action-failed', id, message: error.message, next: error.next });
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#ready) this.#post({ kind: 'state', state: this.#stage.app.state });
    }, UPDATE_EVERY_MS);
  }

  #deliverWanted(): void {
    if (this.#wanted === null || !this.#ready) return;
    this.#post({ kind: 'show-task', taskId: this.#wanted });
    this.#wanted = null;
  }

  #post(message: ToWebview): void {
    void this.#view?.webview.postMessage(message);
  }
}

/** Our own page sends these; the shape of action parameters is the page's promise, the name is checked here. */
function isFromWebview(message: unknown): message is FromWebview {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false;
  if (message.kind === 'ready') return true;
  if (message.kind === 'command') return 'command' in message && typeof message.command === 'string';
  return (
    message.kind === 'action' &&
    'id' in message &&
    typeof message.id === 'number' &&
    'name' in message &&
    (actionNames as readonly unknown[]).includes(message.name)
  );
}
