import * as vscode from 'vscode';
import { type CallSite, findCallSites } from './callSites.ts';
import { sourceFiles } from './codeLens.ts';
import type { LazyApp } from './lazyApp.ts';
import { sourceLanguage } from './mask.ts';
import { readSettings } from './settings.ts';
import { nameTaskEdit, rerouteEdit, type SourceEdit } from './sourceEdits.ts';

const NAME = vscode.CodeActionKind.RefactorRewrite.append('understudy.name');
const ROUTE = vscode.CodeActionKind.QuickFix.append('understudy.route');

/** Quick fixes at places that call a model. Each is one ordinary edit: shown, saved and undone like any other. */
export function registerCodeActions(app: LazyApp): vscode.Disposable[] {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions: (document, range) => actionsAt(app, document, range),
  };
  const register = vscode.commands.registerCommand;
  return [
    vscode.languages.registerCodeActionsProvider(sourceFiles, provider, {
      providedCodeActionKinds: [NAME, ROUTE],
    }),
    register('understudy.client.route', routeClient),
  ];
}

function actionsAt(app: LazyApp, document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
  const language = sourceLanguage(document.languageId);
  if (language === null) return [];
  const text = document.getText();
  const sites = findCallSites(text, language).filter((site) => touches(document, site, range));
  return sites.flatMap((site) => [...reroute(document, text, site), ...nameTask(app, document, text, site)]);
}

/** From the line where the site begins to its last argument: the whole expression has the actions. */
function touches(document: vscode.TextDocument, site: CallSite, range: vscode.Range): boolean {
  const first = document.positionAt(site.start).line;
  const last = document.positionAt(site.arguments.end).line;
  return range.start.line <= last && range.end.line >= first;
}

function reroute(document: vscode.TextDocument, text: string, site: CallSite): vscode.CodeAction[] {
  const outcome = rerouteEdit(text, site, readSettings(process.env).upstreams);
  if (outcome.kind === 'none') return [];
  const action = new vscode.CodeAction(
    vscode.l10n.t('Understudy: route this client through the gateway'),
    ROUTE,
  );
  if (outcome.kind === 'elsewhere') {
    action.disabled = {
      reason: vscode.l10n.t(
        'It calls {0}, and the gateway would forward to another place. Set understudy.upstreams first.',
        outcome.url,
      ),
    };
    return [action];
  }
  action.edit = workspaceEdit(document, outcome.edits);
  action.isPreferred = true;
  return [action];
}

/** The same edit from a CodeLens: the client at this offset, or at the cursor. */
async function routeClient(uri?: vscode.Uri, offset?: number): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const document =
    uri instanceof vscode.Uri ? await vscode.workspace.openTextDocument(uri) : editor?.document;
  const language = document && sourceLanguage(document.languageId);
  if (!document || !language) return;
  const text = document.getText();
  const at = offset ?? document.offsetAt(editor?.selection.active ?? new vscode.Position(0, 0));
  const site = findCallSites(text, language).find(
    (s) => s.client !== null && s.start <= at && at <= s.arguments.end,
  );
  const action = site && reroute(document, text, site)[0];
  if (action?.edit) await vscode.workspace.applyEdit(action.edit);
  else
    void vscode.window.showInformationMessage(
      action?.disabled?.reason ?? vscode.l10n.t('No client to route here.'),
    );
}

function nameTask(
  app: LazyApp,
  document: vscode.TextDocument,
  text: string,
  site: CallSite,
): vscode.CodeAction[] {
  const edit = nameTaskEdit(text, site, suggestName(app, document, site));
  if (edit === null) return [];
  const title =
    site.kind === 'call'
      ? vscode.l10n.t('Understudy: name the task of this call')
      : vscode.l10n.t("Understudy: name the task of this client's calls");
  const action = new vscode.CodeAction(title, NAME);
  action.edit = workspaceEdit(document, [edit]);
  return [action];
}

/** The function around the call, or the file: what a person would call it before knowing better. */
function suggestName(app: LazyApp, document: vscode.TextDocument, site: CallSite): string {
  const before = document.getText(
    new vscode.Range(new vscode.Position(0, 0), document.positionAt(site.start)),
  );
  const pattern =
    /(?:^|\n)[ \t]*(?:export\s+)?(?:async\s+)?(?:function\s*\*?|def|(?:const|let)(?=\s+\w+\s*=\s*(?:async\s*)?(?:\(|\w+\s*=>)))\s+(\w+)/g;
  const file = /([^/\\]+?)\.\w+$/.exec(document.fileName)?.[1] ?? 'task';
  const name = site.kind === 'call' ? ([...before.matchAll(pattern)].at(-1)?.[1] ?? file) : file;
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  const known = app.state.tasks.find((task) => task.name.toLowerCase() === plain);
  return known?.name ?? (plain || 'task');
}

function workspaceEdit(document: vscode.TextDocument, edits: readonly SourceEdit[]): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  edit.set(
    document.uri,
    edits.map(({ start, end, text, name }): [vscode.TextEdit | vscode.SnippetTextEdit, undefined] => {
      const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
      return [name === null ? new vscode.TextEdit(range, text) : snippet(range, text, name), undefined];
    }),
  );
  return edit;
}

/** The name comes selected, to be typed over. */
function snippet(range: vscode.Range, text: string, name: string): vscode.SnippetTextEdit {
  const at = text.lastIndexOf(name);
  const value = new vscode.SnippetString();
  value.appendText(text.slice(0, at));
  value.appendPlaceholder(name);
  value.appendText(text.slice(at + name.length));
  return new vscode.SnippetTextEdit(range, value);
}
