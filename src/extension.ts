import { mkdirSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from './base/clock.ts';
import { AppError } from './base/error.ts';
import type { Log } from './base/log.ts';
import { registerCodeActions } from './vscode/codeActions.ts';
import { CodeLenses } from './vscode/codeLens.ts';
import { registerActions, type Stage } from './vscode/commands.ts';
import { ContextKeys } from './vscode/contextKeys.ts';
import { type AppLike, LazyApp } from './vscode/lazyApp.ts';
import { registerNavigation } from './vscode/navigation.ts';
import { Recording } from './vscode/recording.ts';
import { readSettings } from './vscode/settings.ts';
import { Sidebar } from './vscode/sidebar.ts';
import { StatusBar } from './vscode/statusBar.ts';
import { Terminals } from './vscode/terminals.ts';

let app: LazyApp | null = null;

/** Wires the parts together and starts none of them: the app begins when the user, or an earlier opt-in, needs it. */
export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  const channel = vscode.window.createOutputChannel('Understudy', { log: true });
  const log = channelLog(channel);
  app = new LazyApp(
    () => startApp(context, log),
    () => obstacle(context),
  );
  const stage: Stage = { app, log };
  const sidebar = new Sidebar(stage, context.extensionUri);
  const statusBar = new StatusBar();
  const terminals = new Terminals(context.environmentVariableCollection);
  const lenses = new CodeLenses(app);
  const recording = new Recording(stage, context.workspaceState);
  const keys = new ContextKeys();
  statusBar.update(app.state);
  const states = app.onState((state) => {
    statusBar.update(state);
    keys.update(state);
    void terminals.update(state);
    void recording.update(state);
  });
  context.subscriptions.push(
    channel,
    states,
    sidebar,
    statusBar,
    terminals,
    lenses,
    vscode.window.registerWebviewViewProvider('understudy.tasks', sidebar),
    ...registerActions(stage),
    ...registerCodeActions(app),
    ...registerNavigation(stage, { sidebar, channel, storage: context.storageUri }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('understudy.terminals') && app !== null)
        void terminals.update(app.state);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void recording.resume(context.storageUri)),
  );
  log.info(`Activated in ${(performance.now() - began).toFixed(1)} ms`);
  // Later than activation, which has to stay cheap.
  setTimeout(() => void recording.resume(context.storageUri), 0);
}

/** The gateway goes on without us: programs that are running still call it. */
export async function deactivate(): Promise<void> {
  await app?.dispose();
  app = null;
}

async function startApp(context: vscode.ExtensionContext, log: Log): Promise<AppLike> {
  const { createApp } = await import('./app/app.ts');
  const storage = context.storageUri?.fsPath ?? context.globalStorageUri.fsPath;
  mkdirSync(storage, { recursive: true });
  const created = await createApp({
    storage,
    dist: path.join(context.extensionPath, 'dist'),
    settings: readSettings(process.env),
    version: String(context.extension.packageJSON.version),
    log,
    clock: systemClock,
    ownGateway: false,
  });
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('understudy')) void created.updateSettings(readSettings(process.env));
    }),
  );
  return created;
}

/** Why there can be no app in this window, as something the user can act on. */
function obstacle(context: vscode.ExtensionContext): AppError | null {
  if (context.storageUri === undefined) {
    return new AppError(
      'bad-input',
      vscode.l10n.t('Understudy records the calls of a project, and no folder is open.'),
      {
        next: vscode.l10n.t('Open a folder first.'),
      },
    );
  }
  if (!vscode.workspace.isTrusted) {
    return new AppError(
      'bad-input',
      vscode.l10n.t('This workspace is not trusted, so Understudy starts nothing in it.'),
      {
        next: vscode.l10n.t('Trust the workspace first.'),
      },
    );
  }
  if (vscode.workspace.workspaceFolders?.some((folder) => folder.uri.scheme === 'file') === false) {
    return new AppError(
      'bad-input',
      vscode.l10n.t('The files of this workspace are virtual: no program can run here.'),
      {
        next: vscode.l10n.t('Open a folder on disk.'),
      },
    );
  }
  return null;
}

function channelLog(channel: vscode.LogOutputChannel): Log {
  return {
    info: (message) => channel.info(message),
    warn: (message) => channel.warn(message),
    error: (message, error) =>
      channel.error(
        error === undefined
          ? message
          : `${message}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ),
  };
}
