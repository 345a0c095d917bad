import * as vscode from 'vscode';
import type { TaskState } from '../protocol.ts';
import { type CallSite, findCallSites } from './callSites.ts';
import type { LazyApp } from './lazyApp.ts';
import { sourceLanguage } from './mask.ts';
import { editorSetting } from './settings.ts';
import { tasksOfSites } from './siteTasks.ts';
import { bypasses } from './sourceEdits.ts';
import { lensTitle, spaced } from './words.ts';

export const sourceFiles: vscode.DocumentSelector = [
  'typescript',
  'typescriptreact',
  'javascript',
  'javascriptreact',
  'python',
].map((language) => ({ language }));

/** Above each place that calls a model: its task, traffic and state. A click opens the task. */
export class CodeLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #app: LazyApp;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #registrations: { dispose(): void }[];
  #signature = '';

  constructor(app: LazyApp) {
    this.#app = app;
    this.#registrations = [
      vscode.languages.registerCodeLensProvider(sourceFiles, this),
      app.onState(() => this.#refresh()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('understudy.codeLens')) this.#changed.fire();
      }),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const language = sourceLanguage(document.languageId);
    if (language === null || !editorSetting('codeLens')) return [];
    const text = document.getText();
    const sites = findCallSites(text, language);
    const tasks = tasksOfSites(text, sites, this.#app.state.tasks);
    return sites.flatMap((site) => {
      if (bypasses(text, site, sites)) return [bypassLens(document, site)];
      return this.#lenses(document, site, tasks.get(site) ?? []);
    });
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    this.#changed.dispose();
  }

  #lenses(document: vscode.TextDocument, site: CallSite, tasks: readonly TaskState[]): vscode.CodeLens[] {
    const range = rangeOf(document, site);
    if (site.kind === 'call' && tasks.length > 0) {
      return tasks.map(
        (task) =>
          new vscode.CodeLens(range, {
            title: lensTitle(task),
            tooltip: task.summary,
            command: 'understudy.task.open',
            arguments: [{ taskId: task.id }],
          }),
      );
    }
    return [new vscode.CodeLens(range, this.#plain(site, tasks))];
  }

  /** A client, or a call of no known task. */
  #plain(site: CallSite, tasks: readonly TaskState[]): vscode.Command {
    const { gateway } = this.#app.state;
    if (gateway.kind !== 'running' || !gateway.capturing) {
      const title = vscode.l10n.t('$(circle-slash) Understudy: not recording · start');
      return { title: spaced(title), command: 'understudy.capture.start' };
    }
    if (site.kind === 'client' && tasks.length > 0) {
      const calls = tasks.reduce((sum, task) => sum + task.calls, 0).toLocaleString('en-US');
      const names = tasks.map((task) => task.name).join(', ');
      return { title: spaced(`$(record) ${names} · ${calls} calls`), command: 'understudy.tasks.focus' };
    }
    const title =
      site.task === null
        ? vscode.l10n.t('$(record) Understudy: recording')
        : vscode.l10n.t('$(record) Understudy: recording as {0}', site.task);
    return { title: spaced(title), command: 'understudy.tasks.focus' };
  }

  /** Fires only when a title changes: editors re-lay their lines on each event. */
  #refresh(): void {
    const { gateway, tasks } = this.#app.state;
    const recording = gateway.kind === 'running' && gateway.capturing;
    const signature = JSON.stringify([
      recording,
      tasks.map((task) => [task.id, lensTitle(task), task.prompt.length]),
    ]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#changed.fire();
  }
}

function rangeOf(document: vscode.TextDocument, site: CallSite): vscode.Range {
  return new vscode.Range(document.positionAt(site.start), document.positionAt(site.open));
}

/** Nothing of this place is seen, whatever is switched on; the client itself offers the way out. */
function bypassLens(document: vscode.TextDocument, site: CallSite): vscode.CodeLens {
  if (site.client === null) {
    const title = vscode.l10n.t('$(debug-disconnect) Not recorded: its client does not call the gateway');
    return new vscode.CodeLens(rangeOf(document, site), { title: spaced(title), command: '' });
  }
  return new vscode.CodeLens(rangeOf(document, site), {
    title: spaced(vscode.l10n.t('$(debug-disconnect) Not recorded · route through the gateway')),
    tooltip: vscode.l10n.t(
      'The URL in the code leads past Understudy. One edit takes it from the environment instead.',
    ),
    command: 'understudy.client.route',
    arguments: [document.uri, site.start],
  });
}
