import * as vscode from 'vscode';
import type { ActionName, Actions, AppState } from '../protocol.ts';
import { modeNames } from './words.ts';

const { l10n, window } = vscode;

/** What the user is told after an action that came from the palette, with the next step as a button. */
const outcomes: {
  readonly [K in ActionName]?: (
    params: Actions[K][0],
    result: Actions[K][1],
    state: AppState,
  ) => Outcome | null;
} = {
  'capture.start': (_params, _result, state) => ({
    message: terminalsAreOld()
      ? l10n.t('Recording. Terminals that are already open are not recorded: open a new one.')
      : l10n.t('Recording. Run your program in a terminal of this window.'),
    next:
      state.gateway.kind === 'running'
        ? [l10n.t('Open Terminal'), 'understudy.terminal.open', undefined]
        : null,
  }),
  'capture.stop': () =>
    terminalsAreOld()
      ? {
          message: l10n.t(
            'Stopped. Open terminals still call the gateway, which passes their calls on unrecorded.',
          ),
          next: null,
        }
      : null,
  'tasks.analyse': (_params, { tasks }) => ({
    message: tasks === 1 ? l10n.t('One task found.') : l10n.t('{0} tasks found.', tasks),
    next: [l10n.t('Show'), 'understudy.tasks.focus', undefined],
  }),
  'task.setMode': ({ taskId, mode }, _result, state) => {
    const label = modeNames.find((entry) => entry.mode === mode)?.label ?? mode;
    return { message: `${nameOf(state, taskId)}: ${label}`, next: null };
  },
  'student.train': ({ taskId }, { certified }, state) => {
    const task = state.tasks.find((candidate) => candidate.id === taskId);
    return certified
      ? {
          message: task?.summary ?? l10n.t('The student is certified.'),
          next: [l10n.t('Switch ...'), 'understudy.task.setMode', { taskId }],
        }
      : {
          message: task?.summary ?? l10n.t('Not good enough yet: stay with the teacher.'),
          next: [l10n.t('Open Report'), 'understudy.report.open', { taskId }],
        };
  },
  'report.write': ({ file }) => ({
    message: l10n.t('Report written.'),
    next: [l10n.t('Open'), 'vscode.open', vscode.Uri.file(file)],
  }),
  'traces.import': (_params, { imported, duplicates, skipped }) => ({
    message: [
      l10n.t('{0} calls imported', imported),
      ...(duplicates > 0 ? [l10n.t('{0} were there already', duplicates)] : []),
      ...(skipped[0] === undefined
        ? []
        : [
            l10n.t(
              '{0} lines skipped, the first is line {1}: {2}',
              skipped.length,
              skipped[0].line,
              skipped[0].reason,
            ),
          ]),
    ].join(', '),
    next: [l10n.t('Find Tasks'), 'understudy.tasks.analyse', undefined],
  }),
  'traces.preview': (_params, { stored, replaced }) => {
    void vscode.workspace
      .openTextDocument({ language: 'json', content: stored })
      .then((document) => window.showTextDocument(document, vscode.ViewColumn.Beside));
    const rules = [...new Set(replaced.map(({ rule }) => rule))].join(', ');
    const message =
      replaced.length === 0
        ? l10n.t('Nothing would be taken out.')
        : l10n.t('{0} values would be taken out before anything is written: {1}', replaced.length, rules);
    return { message, next: null };
  },
  'traces.export': ({ file }, { rows }) => ({
    message: l10n.t('{0} rows written.', rows),
    next: [l10n.t('Open'), 'vscode.open', vscode.Uri.file(file)],
  }),
  'traces.delete': (_params, { deleted }) => ({ message: l10n.t('{0} calls deleted.', deleted), next: null }),
};

interface Outcome {
  readonly message: string;
  /** Title, command, argument. */
  readonly next: readonly [string, string, unknown] | null;
}

/** Shows the outcome; does not wait for the user to close it. */
export async function tell<K extends ActionName>(
  name: K,
  params: Actions[K][0],
  result: Actions[K][1],
  state: AppState,
): Promise<void> {
  const outcome = outcomes[name]?.(params, result, state);
  if (!outcome) return;
  const { message, next } = outcome;
  void window.showInformationMessage(message, ...(next ? [next[0]] : [])).then((chosen) => {
    if (next && chosen === next[0]) void vscode.commands.executeCommand(next[1], next[2]);
  });
}

function terminalsAreOld(): boolean {
  return window.terminals.length > 0;
}

function nameOf(state: AppState, taskId: string): string {
  return state.tasks.find((task) => task.id === taskId)?.name ?? taskId;
}
