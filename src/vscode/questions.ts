import * as vscode from 'vscode';
import type { ActionName, Actions, AppState, TaskState } from '../protocol.ts';
import { askTerms } from './terms.ts';
import { modeNames, verdictNames } from './words.ts';

type Params<K extends ActionName> = Actions[K][0];
/** undefined: the user changed their mind. */
type Answer<K extends ActionName> = Promise<Params<K> | undefined>;
/** What the caller knows already (a CodeLens knows the task); the rest is asked. */
export type Given<K extends ActionName> = Params<K> extends null ? null : Partial<NonNullable<Params<K>>>;

const { l10n, window } = vscode;

/** How the palette asks for the parameters of each action. */
export const questions: {
  readonly [K in ActionName]: (state: AppState, given: Given<K>) => Answer<K>;
} = {
  'capture.start': async () => null,
  'capture.stop': async () => null,
  'capture.flush': async () => null,
  'tasks.analyse': async () => null,
  'task.rename': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Which task gets a new name?'));
    if (task === undefined) return undefined;
    const name = given.name ?? (await window.showInputBox({ prompt: l10n.t('New name'), value: task.name }));
    return name?.trim() ? { taskId: task.id, name: name.trim() } : undefined;
  },
  'task.merge': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Which task is really part of another one?'));
    if (task === undefined) return undefined;
    const rest = { ...state, tasks: state.tasks.filter((other) => other.id !== task.id) };
    const into = await pickTask(rest, given.into, l10n.t('Part of which task?'));
    return into && { taskId: task.id, into: into.id };
  },
  'task.split': async (state, given) => {
    const task = await pickTask(
      { ...state, tasks: state.tasks.filter((candidate) => candidate.versions > 1) },
      given.taskId,
      l10n.t('Which task should give up a version?'),
    );
    if (task === undefined) return undefined;
    const version = given.version ?? (await pickVersion(task));
    return version === undefined ? undefined : { taskId: task.id, version };
  },
  'task.setMode': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Switch which task?'));
    if (task === undefined) return undefined;
    const mode = given.mode ?? (await pickMode(task));
    return mode && { taskId: task.id, mode };
  },
  'capability.setVerdict': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('A capability of which task?'));
    if (task === undefined) return undefined;
    const capabilityId = given.capabilityId ?? (await pickCapability(task));
    if (capabilityId === undefined) return undefined;
    const verdict = given.verdict !== undefined ? given.verdict : await pickVerdict();
    return verdict === undefined ? undefined : { taskId: task.id, capabilityId, verdict };
  },
  'capability.setCost': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('A capability of which task?'));
    if (task === undefined) return undefined;
    const capabilityId = given.capabilityId ?? (await pickCapability(task));
    if (capabilityId === undefined) return undefined;
    const dollars = given.dollars !== undefined ? given.dollars : await pickCost();
    return dollars === undefined ? undefined : { taskId: task.id, capabilityId, dollars };
  },
  'capabilities.sign': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Agree to the capability set of which task?'));
    if (task === undefined) return undefined;
    const prompt = l10n.t("Your name; it goes into the card of the student with today's date");
    const by = given.by ?? (await window.showInputBox({ prompt, value: task.signed?.by ?? '' }));
    return by?.trim() ? { taskId: task.id, by: by.trim() } : undefined;
  },
  'student.train': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Train a student for which task?'));
    return task && { taskId: task.id, ...(given.device && { device: given.device }) };
  },
  'student.cancelTraining': async (state, given) => {
    const busy = state.jobs.flatMap((job) => job.taskId ?? []);
    const training = { ...state, tasks: state.tasks.filter((task) => busy.includes(task.id)) };
    const task = await pickTask(training, given.taskId, l10n.t('Cancel which training?'));
    return task && { taskId: task.id };
  },
  'report.write': async (_state, given) => {
    const taskId = given.taskId ?? null;
    const file = given.file ?? (await pickTarget('understudy-report.html', { HTML: ['html'] }));
    return file === undefined ? undefined : { taskId, file };
  },
  'traces.preview': async (_state, given) => {
    const editor = window.activeTextEditor;
    const chosen = editor && (editor.document.getText(editor.selection) || editor.document.getText());
    const prompt = l10n.t('A request body or a traffic line, as JSON');
    const text = given.text ?? chosen ?? (await window.showInputBox({ prompt }));
    return text?.trim() ? { text } : undefined;
  },
  'traces.import': async (_state, given) => {
    const file = given.file ?? (await pickSource());
    return file === undefined ? undefined : { file };
  },
  'traces.export': async (state, given) => {
    const task = await pickTask(state, given.taskId, l10n.t('Export the calls of which task?'));
    if (task === undefined) return undefined;
    const as = given.as ?? (await pickExport());
    if (as === undefined) return undefined;
    const file = given.file ?? (await pickTarget(`${task.id}.jsonl`, { JSONL: ['jsonl', 'gz'] }));
    return file === undefined ? undefined : { taskId: task.id, file, as };
  },
  'traces.delete': async (state, given) => {
    const what = given.what ?? (await pickDeletion(state));
    return what && (await confirmDeletion(state, what)) ? { what } : undefined;
  },
  'terms.decide': async (state, given) => {
    const entry = await pickTerms(state, given.provider);
    if (entry === undefined) return undefined;
    const decision = given.decision ?? (await askTerms(entry));
    return decision && { provider: entry.provider, decision };
  },
};

/** The named task, the only one, or the one the user picks. */
export async function pickTask(
  state: AppState,
  taskId: string | undefined,
  title: string,
): Promise<TaskState | undefined> {
  const named = state.tasks.find((task) => task.id === taskId);
  if (named !== undefined) return named;
  if (state.tasks.length === 0) {
    void window.showInformationMessage(
      l10n.t('There is no task for this yet. Start recording, run your program, then find tasks.'),
    );
    return undefined;
  }
  if (state.tasks.length === 1) return state.tasks[0];
  const items = state.tasks.map((task) => ({
    label: task.name,
    description: l10n.t('{0} calls', task.calls.toLocaleString()),
    detail: task.summary,
    task,
  }));
  return (await window.showQuickPick(items, { title, matchOnDetail: true }))?.task;
}

async function pickVersion(task: TaskState): Promise<number | undefined> {
  const items = Array.from({ length: task.versions }, (_, i) => ({
    label: l10n.t('Version {0}', i + 1),
    version: i + 1,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Which version becomes a task of its own?') }))
    ?.version;
}

/** What a wrong answer costs, in four plain grades; null goes back to the inferred one. */
async function pickCost(): Promise<number | null | undefined> {
  const grades = [
    { dollars: 0.01, label: l10n.t('Trivial'), detail: l10n.t('Nobody would notice') },
    { dollars: 0.05, label: l10n.t('Low'), detail: l10n.t('A small annoyance') },
    { dollars: 5, label: l10n.t('High'), detail: l10n.t('Money, trust or time are lost') },
    { dollars: 50, label: l10n.t('Severe'), detail: l10n.t('Harm that cannot be undone') },
  ] as const;
  const items = grades.map((grade) => ({
    ...grade,
    description: l10n.t('{0} per wrong answer', `$${grade.dollars}`),
  }));
  const amount = { label: l10n.t('Another amount ...'), description: '', detail: '', dollars: undefined };
  const back = { label: l10n.t('As inferred'), description: '', detail: '', dollars: null };
  const title = l10n.t('What does a wrong answer cost here?');
  const chosen = await window.showQuickPick([...items, amount, back], { title });
  return chosen === amount ? askAmount(title) : chosen?.dollars;
}

async function askAmount(title: string): Promise<number | undefined> {
  const read = (text: string): number => Number(text.replace(/^\s*\$/, '').trim() || 'nothing');
  const entered = await window.showInputBox({
    title,
    prompt: l10n.t('US dollars per wrong answer'),
    validateInput: (text) => (read(text) >= 0 ? null : l10n.t('A number, zero or more')),
  });
  return entered === undefined ? undefined : read(entered);
}

async function pickMode(task: TaskState): Promise<TaskState['mode'] | undefined> {
  const items = modeNames.map(({ mode, label, detail }) => ({
    label: `${mode === task.mode ? '$(check) ' : ''}${label}`,
    detail,
    mode,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Who answers "{0}"?', task.name) }))?.mode;
}

async function pickCapability(task: TaskState): Promise<string | undefined> {
  const items = task.capabilities.map((capability) => ({
    label: capability.name,
    description: verdictNames[capability.verdict],
    detail: capability.reason,
    id: capability.id,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Which capability?'), matchOnDetail: true }))?.id;
}

async function pickVerdict(): Promise<Params<'capability.setVerdict'>['verdict'] | undefined> {
  const items = [
    { label: verdictNames.keep, detail: l10n.t('The student must master it'), verdict: 'keep' as const },
    {
      label: verdictNames.route,
      detail: l10n.t('The teacher keeps answering it'),
      verdict: 'route' as const,
    },
    { label: verdictNames.drop, detail: l10n.t('Not part of the student'), verdict: 'drop' as const },
    { label: l10n.t('As proposed'), detail: l10n.t('Follow the traffic again'), verdict: null },
  ];
  return (await window.showQuickPick(items, { title: l10n.t('What becomes of it?') }))?.verdict;
}

async function pickExport(): Promise<Params<'traces.export'>['as'] | undefined> {
  const items = [
    { label: 'chat', detail: l10n.t('Messages with the answer, as fine-tuning services take them') },
    { label: 'jsonl', detail: l10n.t('The recorded calls as they are') },
    { label: 'columns', detail: l10n.t('One column per slot and answer field') },
  ] as const;
  return (await window.showQuickPick(items, { title: l10n.t('In which form?') }))?.label;
}

async function pickTarget(name: string, filters: Record<string, string[]>): Promise<string | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const defaultUri = folder && vscode.Uri.joinPath(folder, name);
  return (await window.showSaveDialog({ filters, ...(defaultUri && { defaultUri }) }))?.fsPath;
}

async function pickSource(): Promise<string | undefined> {
  const files = await window.showOpenDialog({
    title: l10n.t('Recorded calls to import'),
    filters: {
      [l10n.t('Recorded calls')]: ['jsonl', 'gz', 'json', 'har', 'csv'],
      [l10n.t('All files')]: ['*'],
    },
  });
  return files?.[0]?.fsPath;
}

async function pickDeletion(state: AppState): Promise<Params<'traces.delete'>['what'] | undefined> {
  const items = [
    { label: l10n.t('Everything that was recorded in this workspace'), what: 'all' as const },
    ...state.tasks.map((task) => ({
      label: l10n.t('The calls of "{0}"', task.name),
      description: l10n.t('{0} calls', task.calls.toLocaleString()),
      what: { taskId: task.id },
    })),
  ];
  return (await window.showQuickPick(items, { title: l10n.t('Delete what?') }))?.what;
}

async function confirmDeletion(state: AppState, what: Params<'traces.delete'>['what']): Promise<boolean> {
  const yes = l10n.t('Delete');
  const count =
    what === 'all'
      ? state.traces.total
      : 'taskId' in what
        ? (state.tasks.find((task) => task.id === what.taskId)?.calls ?? 0)
        : 1;
  const answer = await window.showWarningMessage(
    l10n.t('Delete {0} recorded calls?', count.toLocaleString()),
    { modal: true, detail: l10n.t('They are removed from disk. Students that were trained on them stay.') },
    yes,
  );
  return answer === yes;
}

async function pickTerms(
  state: AppState,
  provider: string | undefined,
): Promise<AppState['terms'][number] | undefined> {
  const named = state.terms.find((entry) => entry.provider === provider);
  if (named !== undefined) return named;
  if (state.terms.length === 1) return state.terms[0];
  const items = state.terms.map((entry) => ({
    label: entry.name,
    description: entry.decision,
    detail: entry.says,
    entry,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('The terms of which provider?') }))?.entry;
}
