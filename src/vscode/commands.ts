import * as vscode from 'vscode';
import { toAppError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { ActionName, Actions } from '../protocol.ts';
import { settleSet } from './agreement.ts';
import type { LazyApp } from './lazyApp.ts';
import { tell } from './outcomes.ts';
import { type Given, questions } from './questions.ts';
import { settleTerms } from './terms.ts';

/** What a command handler may use. */
export interface Stage {
  readonly app: LazyApp;
  readonly log: Log;
}

type ShowsProgress = 'notification' | 'window' | 'silent';

/** Every action as a palette command, with how its progress is shown: long ones can be cancelled. */
const progressOf: Readonly<Record<ActionName, { readonly title: string; readonly shows: ShowsProgress }>> = {
  'capture.start': { title: 'Starting the gateway', shows: 'window' },
  'capture.flush': { title: 'Writing recorded calls', shows: 'window' },
  'capture.stop': { title: 'Stopping the recording', shows: 'window' },
  'tasks.analyse': { title: 'Finding tasks', shows: 'notification' },
  'task.rename': { title: 'Renaming', shows: 'silent' },
  'task.merge': { title: 'Merging', shows: 'notification' },
  'task.split': { title: 'Splitting', shows: 'notification' },
  'task.setMode': { title: 'Switching', shows: 'window' },
  'capability.setVerdict': { title: 'Deciding', shows: 'silent' },
  'capability.setCost': { title: 'Deciding', shows: 'silent' },
  'capabilities.sign': { title: 'Signing', shows: 'silent' },
  'student.train': { title: 'Training the student', shows: 'notification' },
  'student.cancelTraining': { title: 'Cancelling', shows: 'silent' },
  'report.write': { title: 'Writing the report', shows: 'notification' },
  'traces.preview': { title: 'Looking at what would be stored', shows: 'silent' },
  'traces.import': { title: 'Importing calls', shows: 'notification' },
  'traces.export': { title: 'Exporting calls', shows: 'notification' },
  'traces.delete': { title: 'Deleting calls', shows: 'notification' },
  'terms.decide': { title: 'Deciding', shows: 'silent' },
};

export const actionNames = Object.keys(progressOf) as ActionName[];

/** Registers `understudy.<action>` for every action. */
export function registerActions(stage: Stage): vscode.Disposable[] {
  return actionNames.map((name) =>
    vscode.commands.registerCommand(`understudy.${name}`, (given?: unknown) =>
      runCommand(stage, name, given),
    ),
  );
}

/** Asks for what is missing, runs, shows progress and tells the outcome. Returns whether it was done. */
async function runCommand<K extends ActionName>(stage: Stage, name: K, given: unknown): Promise<boolean> {
  try {
    const app = await stage.app.start();
    const params = await questions[name](app.state, asGiven<K>(given));
    if (params === undefined) return false;
    if (isTraining(params, name)) {
      if (!(await settleTerms(stage.app, params.taskId))) return false;
      if (!(await settleSet(stage.app, params.taskId))) return false;
    }
    const result = await runAction(stage, name, params as Actions[K][0]);
    await tell(name, params as Actions[K][0], result, stage.app.state);
    return true;
  } catch (error) {
    await showFailure(stage.log, name, error);
    return false;
  }
}

/** Runs one action with progress as it deserves. Throws what the action throws. */
export async function runAction<K extends ActionName>(
  stage: Stage,
  name: K,
  params: Actions[K][0],
  shows: ShowsProgress = progressOf[name].shows,
): Promise<Actions[K][1]> {
  if (shows === 'silent') return stage.app.run(name, params);
  const cancellable = shows === 'notification';
  const location = cancellable ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
  const title = vscode.l10n.t(progressOf[name].title);
  return vscode.window.withProgress({ location, title, cancellable }, (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    let shown = 0;
    const onProgress = (fraction: number, message: string): void => {
      progress.report({ message, increment: Math.max(0, fraction * 100 - shown) });
      shown = Math.max(shown, fraction * 100);
    };
    return stage.app.run(name, params, { signal: abort.signal, onProgress });
  });
}

/** Says what happened, why, and what to do next. A cancellation is no failure. */
export async function showFailure(log: Log, name: string, thrown: unknown): Promise<void> {
  const error = toAppError(thrown);
  if (error.code === 'cancelled') return;
  log.error(name, error.cause ?? error);
  const text = error.next === null ? error.message : `${error.message} ${error.next}`;
  const decide = vscode.l10n.t('Decide ...');
  const details = vscode.l10n.t('Show Log');
  const chosen = await vscode.window.showErrorMessage(
    text,
    error.code === 'terms-undecided' ? decide : details,
  );
  if (chosen === decide) await vscode.commands.executeCommand('understudy.terms.decide');
  if (chosen === details) await vscode.commands.executeCommand('understudy.log.show');
}

function isTraining(params: unknown, name: ActionName): params is Actions['student.train'][0] {
  return name === 'student.train' && params !== null;
}

/** A command's argument may be anything; only an object can name parameters. */
function asGiven<K extends ActionName>(given: unknown): Given<K> {
  return (typeof given === 'object' && given !== null ? given : {}) as Given<K>;
}
