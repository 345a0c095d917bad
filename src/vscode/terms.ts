import * as vscode from 'vscode';
import type { AppState } from '../protocol.ts';
import type { LazyApp } from './lazyApp.ts';

type Terms = AppState['terms'][number];

/** Asks about the terms of each provider of a task that is still undecided. False where the user put it off or declined. */
export async function settleTerms(app: LazyApp, taskId: string): Promise<boolean> {
  const task = app.state.tasks.find((candidate) => candidate.id === taskId);
  for (const terms of app.state.terms) {
    if (terms.decision !== 'undecided' || !task?.providers.includes(terms.provider)) continue;
    const decision = await askTerms(terms);
    if (decision === undefined) return false;
    await app.run('terms.decide', { provider: terms.provider, decision });
    if (decision === 'declined') return false;
  }
  return true;
}

/** One question with what the provider says; undefined where the user puts it off. */
export async function askTerms(terms: Terms): Promise<'allowed' | 'declined' | undefined> {
  const allow = vscode.l10n.t('I May');
  const decline = vscode.l10n.t('I May Not');
  const detail = `${terms.says}\n\n${terms.source}, ${terms.asOf}`;
  const title = vscode.l10n.t('May you train a student on answers of {0}?', terms.name);
  const answer = await vscode.window.showInformationMessage(title, { modal: true, detail }, allow, decline);
  return answer === allow ? 'allowed' : answer === decline ? 'declined' : undefined;
}
