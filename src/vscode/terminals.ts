import * as vscode from 'vscode';
import type { AppState } from '../protocol.ts';
import { terminalMutations } from './environment.ts';
import { editorSetting } from './settings.ts';

const AZURE = /\bAzureOpenAI\b|\bAZURE_OPENAI_/;
const AZURE_FILES = '**/{*.ts,*.js,*.mjs,*.cjs,*.tsx,*.py,.env,.env.*}';
const MAX_FILES = 200;

/**
 * Points new terminals of this window at the gateway while it records, and takes the variables away when it stops. Not
 * persistent: a reload with a stopped gateway must not leave terminals pointing at a dead port.
 */
export class Terminals implements vscode.Disposable {
  readonly #collection: vscode.EnvironmentVariableCollection;
  #signature = '';
  #azure: boolean | null = null;

  constructor(collection: vscode.EnvironmentVariableCollection) {
    this.#collection = collection;
    collection.persistent = false;
    collection.clear();
  }

  /** Follows the state; cheap when nothing that matters has changed. */
  async update(state: AppState): Promise<void> {
    const { gateway } = state;
    const baseUrls =
      gateway.kind === 'running' && gateway.capturing && editorSetting('terminals') ? gateway.baseUrls : {};
    const signature = JSON.stringify(baseUrls);
    if (signature === this.#signature) return;
    this.#signature = signature;
    if (Object.keys(baseUrls).length === 0) {
      this.#collection.clear();
      return;
    }
    this.#azure ??= await mentionsAzure();
    if (signature !== this.#signature) return;
    this.#apply(terminalMutations(baseUrls, process.env, { azure: this.#azure }));
  }

  dispose(): void {
    this.#collection.clear();
  }

  #apply(mutations: ReturnType<typeof terminalMutations>): void {
    this.#collection.clear();
    const off = `[${vscode.l10n.t('Stop recording')}](command:understudy.capture.stop)`;
    const description = new vscode.MarkdownString(
      vscode.l10n.t(
        'LLM calls of programs started here go through the local gateway and are recorded. {0}',
        off,
      ),
    );
    description.isTrusted = { enabledCommands: ['understudy.capture.stop'] };
    if (this.#azure) {
      description.appendMarkdown(
        `\n\n${vscode.l10n.t('OPENAI_BASE_URL is left alone: this project uses the Azure client, which refuses to start beside it.')}`,
      );
    }
    this.#collection.description = description;
    for (const { kind, variable, value } of mutations) this.#collection[kind](variable, value);
  }
}

async function mentionsAzure(): Promise<boolean> {
  const files = await vscode.workspace.findFiles(
    AZURE_FILES,
    '**/{node_modules,dist,.venv,venv}/**',
    MAX_FILES,
  );
  for (const file of files) {
    try {
      const bytes = await vscode.workspace.fs.readFile(file);
      if (bytes.byteLength < 500_000 && AZURE.test(Buffer.from(bytes).toString('utf8'))) return true;
    } catch {
      // A file that vanished or cannot be read says nothing about Azure.
    }
  }
  return false;
}
