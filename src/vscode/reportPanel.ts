import { mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { runAction, type Stage } from './commands.ts';

const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">`;

/** The report beside the code: the same self-contained page that is written to a file, without any script. */
export class ReportPanel implements vscode.Disposable {
  readonly #stage: Stage;
  readonly #folder: string;
  #panel: vscode.WebviewPanel | null = null;

  constructor(stage: Stage, storage: vscode.Uri | undefined) {
    this.#stage = stage;
    this.#folder = path.join(storage?.fsPath ?? os.tmpdir(), 'reports');
  }

  /** One task's report, or everything's for null. Throws what writing it throws. */
  async show(taskId: string | null): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const file = path.join(this.#folder, `${taskId ?? 'all'}.html`);
    await runAction(this.#stage, 'report.write', { taskId, file }, 'window');
    const name = this.#stage.app.state.tasks.find((task) => task.id === taskId)?.name;
    const title =
      name === undefined ? vscode.l10n.t('Understudy Report') : vscode.l10n.t('Report: {0}', name);
    const panel = this.#open(title);
    panel.webview.html = readFileSync(file, 'utf8').replace(/<head>/i, `<head>${POLICY}`);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(title: string): vscode.WebviewPanel {
    if (this.#panel === null) {
      const options = { enableScripts: false, localResourceRoots: [] };
      this.#panel = vscode.window.createWebviewPanel(
        'understudy.report',
        title,
        vscode.ViewColumn.Active,
        options,
      );
      this.#panel.onDidDispose(() => {
        this.#panel = null;
      });
    }
    this.#panel.title = title;
    this.#panel.reveal();
    return this.#panel;
  }
}
