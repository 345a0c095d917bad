import * as vscode from 'vscode';
import { type Stage, showFailure } from './commands.ts';
import { pickTask } from './questions.ts';
import { ReportPanel } from './reportPanel.ts';
import type { Sidebar } from './sidebar.ts';

export interface Places {
  readonly sidebar: Sidebar;
  readonly channel: vscode.LogOutputChannel;
  readonly storage: vscode.Uri | undefined;
}

/** Commands that lead somewhere and change nothing. */
export function registerNavigation(stage: Stage, { sidebar, channel, storage }: Places): vscode.Disposable[] {
  const report = new ReportPanel(stage, storage);
  const register = vscode.commands.registerCommand;
  return [
    report,
    register('understudy.task.open', (given?: unknown) => openTask(stage, sidebar, taskIdOf(given))),
    register('understudy.report.open', async (given?: unknown) => {
      try {
        await report.show(taskIdOf(given) ?? null);
      } catch (error) {
        await showFailure(stage.log, 'report', error);
      }
    }),
    register('understudy.terminal.open', () => {
      vscode.window.createTerminal({ name: 'Understudy', iconPath: new vscode.ThemeIcon('record') }).show();
    }),
    register('understudy.baseUrl.copy', () => copyBaseUrl(stage)),
    register('understudy.settings.open', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', '@ext:understudy.understudy'),
    ),
    register('understudy.walkthrough.open', () =>
      vscode.commands.executeCommand(
        'workbench.action.openWalkthrough',
        'understudy.understudy#understudy.start',
        false,
      ),
    ),
    register('understudy.log.show', () => channel.show()),
  ];
}

async function openTask(stage: Stage, sidebar: Sidebar, taskId: string | undefined): Promise<void> {
  const task = await pickTask(stage.app.state, taskId, vscode.l10n.t('Open which task?'));
  if (task !== undefined) await sidebar.showTask(task.id);
}

async function copyBaseUrl(stage: Stage): Promise<void> {
  const { gateway } = stage.app.state;
  if (gateway.kind !== 'running') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Start recording first: the gateway is not running.'),
    );
    return;
  }
  const items = Object.entries(gateway.baseUrls).map(([label, detail]) => ({ label, detail }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Copy the base URL of') });
  if (chosen !== undefined) await vscode.env.clipboard.writeText(chosen.detail);
}

function taskIdOf(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || !('taskId' in given)) return undefined;
  return typeof given.taskId === 'string' ? given.taskId : undefined;
}
