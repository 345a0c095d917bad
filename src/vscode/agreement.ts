import * as vscode from 'vscode';
import type { LazyApp } from './lazyApp.ts';

/** Changes named in the question; the sidebar lists all. */
const SHOWN = 6;

/**
 * Asks about changes of a capability set that nobody agreed to, before a student is trained: agree to them, or train for
 * the set as it was agreed to. False where the user puts it off.
 */
export async function settleSet(app: LazyApp, taskId: string): Promise<boolean> {
  const signed = app.state.tasks.find((task) => task.id === taskId)?.signed;
  if (signed == null || signed.changes.length === 0) return true;
  const { l10n, window } = vscode;
  const agree = l10n.t('Agree and Train');
  const keep = l10n.t('Train as Agreed');
  const listed = signed.changes.slice(0, SHOWN).map(({ name, from, to }) => `${name}: ${from} → ${to}`);
  const more = signed.changes.length - SHOWN;
  const answer = await window.showInformationMessage(
    l10n.t('{0} choices have changed since {1} agreed to the set.', signed.changes.length, signed.by),
    { modal: true, detail: [...listed, ...(more > 0 ? [l10n.t('and {0} more', more)] : [])].join('\n') },
    agree,
    keep,
  );
  if (answer === keep) return true;
  if (answer !== agree) return false;
  const by = await window.showInputBox({ prompt: l10n.t('Who agrees?'), value: signed.by });
  if (!by?.trim()) return false;
  await app.run('capabilities.sign', { taskId, by: by.trim() });
  return true;
}
