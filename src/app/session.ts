import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../capabilities/capability.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { JobState, Problem } from '../protocol.ts';
import type { RoutingPolicy } from '../routing/policy.ts';
import type { ModelCard } from '../student/student.ts';
import type { Task, YoungTask } from '../tasks/task.ts';
import type { TraceStore } from '../traces/store.ts';
import { createWorker, type Worker } from '../worker/client.ts';
import { type Edits, noUserEdits } from './edits.ts';
import { type Figures, noFigures } from './figures.ts';
import { readJsonFile, type StoragePaths, stampOf, storagePaths, writeJsonFile } from './files.ts';
import type { AppSettings } from './settings.ts';

export interface AppPorts {
  /** The workspace's folder outside the repository; created when missing. */
  readonly storage: string;
  /** Folder with gateway.cjs, worker.cjs, sql-wasm.wasm and webview/. */
  readonly dist: string;
  readonly settings: AppSettings;
  /** Of the product: a gateway of another version is replaced. */
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
  /** The gateway takes call times and ids from the caller: `replay` only. */
  readonly acceptClock?: boolean;
  /** End the gateway with the app. False in the editor, where it outlives a reload. */
  readonly ownGateway?: boolean;
}

/** Everything the app holds between actions. One per app; only actions and the refresh loop change it. */
export interface Session {
  readonly ports: AppPorts;
  readonly paths: StoragePaths;
  settings: AppSettings;
  edits: Edits;
  tasks: readonly Task[];
  unassigned: number;
  /** Prompts among them that are too young to be tasks. */
  young: readonly YoungTask[];
  /** Calls that the last analysis saw; 0 before the first. */
  analysedCalls: number;
  readonly catalogues: Map<string, Catalogue>;
  policies: readonly RoutingPolicy[];
  readonly cards: Map<string, ModelCard>;
  gateway: GatewayClient | null;
  gatewayFailure: string | null;
  capturing: boolean;
  starting: boolean;
  figures: Figures;
  store: TraceStore | null;
  readonly jobs: Map<number, JobState & { readonly abort: AbortController }>;
  readonly problems: Map<string, Problem>;
  readonly worker: () => Worker;
  /** Closes the worker if there is one. */
  readonly closeWorker: () => Promise<void>;
  /** Which writing of each shared file this session has seen. */
  readonly stamps: { tasks: string; edits: string; policies: string };
  /** Tells listeners that the state has to be built anew. */
  changed: () => void;
}

export function openSession(ports: AppPorts): Session {
  const paths = storagePaths(ports.storage);
  const stamps = stampsOf(paths);
  let worker: Worker | null = null;
  const session: Session = {
    ports,
    paths,
    settings: ports.settings,
    edits: { ...noUserEdits, ...readJsonFile(paths.edits, noUserEdits, ports.log) },
    tasks: [],
    unassigned: 0,
    young: [],
    analysedCalls: 0,
    catalogues: new Map(),
    policies: readJsonFile<readonly RoutingPolicy[]>(paths.policies, [], ports.log),
    cards: new Map(),
    gateway: null,
    gatewayFailure: null,
    capturing: true,
    starting: false,
    figures: noFigures,
    store: null,
    jobs: new Map(),
    problems: new Map(),
    worker: () => {
      worker ??= createWorker({ entry: path.join(ports.dist, 'worker.cjs'), role: 'job', log: ports.log });
      return worker;
    },
    closeWorker: async () => {
      const last = worker;
      worker = null;
      await last?.dispose();
    },
    stamps,
    changed: () => {},
  };
  takeTasks(session);
  for (const policy of session.policies) readCard(session, policy);
  return session;
}

/** Changes what the user said, on top of what another window of the workspace may have written meanwhile. */
export function changeEdits(session: Session, change: (edits: Edits) => Edits): void {
  takeOver(session);
  session.edits = change(session.edits);
  writeJsonFile(session.paths.edits, session.edits);
  session.stamps.edits = stampOf(session.paths.edits);
}

/** Replaces one task's policy; the other tasks' are as any window wrote them last. */
export function savePolicy(session: Session, policy: RoutingPolicy): void {
  takeOver(session);
  session.policies = [...session.policies.filter((p) => p.taskId !== policy.taskId), policy];
  writeJsonFile(session.paths.policies, session.policies);
  session.stamps.policies = stampOf(session.paths.policies);
}

/**
 * Reads again what somebody else has written: a second window, or the command line, on the same workspace.
 * @returns whether the tasks, the edits or the policies are other ones now
 */
export function takeOver(session: Session): { readonly tasks: boolean; readonly any: boolean } {
  const { paths, stamps, ports } = session;
  const current = stampsOf(paths);
  // What an analysis of our own writes comes back as its result: reading it here would be for nothing.
  const now = isAnalysing(session) ? { ...current, tasks: stamps.tasks } : current;
  const tasks = now.tasks !== stamps.tasks;
  if (now.edits !== stamps.edits)
    session.edits = { ...noUserEdits, ...readJsonFile(paths.edits, session.edits, ports.log) };
  if (tasks) takeTasks(session);
  else if (now.edits !== stamps.edits) session.tasks = named(session.tasks, session.edits);
  if (now.policies !== stamps.policies) {
    session.policies = readJsonFile(paths.policies, session.policies, ports.log);
    for (const policy of session.policies) readCard(session, policy);
  }
  const any = tasks || now.edits !== stamps.edits || now.policies !== stamps.policies;
  Object.assign(stamps, now);
  return { tasks, any };
}

/** The tasks in the file are the ones that an analysis of our own has just handed over. */
export function tookTasks(session: Session): void {
  session.stamps.tasks = stampOf(session.paths.tasks);
}

function isAnalysing({ jobs }: Session): boolean {
  return [...jobs.values()].some((job) => job.taskId === null);
}

/** Writes the tasks down for every window and for the gateway. */
export function storeTasks(session: Session, tasks: readonly Task[]): void {
  session.tasks = tasks;
  writeJsonFile(session.paths.tasks, tasks);
  tookTasks(session);
}

function takeTasks(session: Session): void {
  const { paths, ports } = session;
  session.tasks = named(readJsonFile<readonly Task[]>(paths.tasks, session.tasks, ports.log), session.edits);
  for (const task of session.tasks) readCatalogue(session, task.id);
  const left = { unassigned: session.unassigned, young: session.young };
  const { unassigned, young } = readJsonFile(paths.young, left, ports.log);
  session.unassigned = unassigned;
  session.young = young;
}

/** Tasks under the names that the user gave them since they were last written down. */
export function named(tasks: readonly Task[], { tasks: { names } }: Edits): readonly Task[] {
  return tasks.map((task) => {
    const name = names[task.id];
    return name === undefined ? task : { ...task, name, renamed: true };
  });
}

function stampsOf({ tasks, edits, policies }: StoragePaths): Session['stamps'] {
  return { tasks: stampOf(tasks), edits: stampOf(edits), policies: stampOf(policies) };
}

function readCatalogue(session: Session, taskId: string): void {
  const file = path.join(session.paths.capabilities, `${taskId}.json`);
  const catalogue = readJsonFile<Catalogue | null>(file, null, session.ports.log);
  if (catalogue !== null) session.catalogues.set(taskId, catalogue);
}

function readCard(session: Session, policy: RoutingPolicy): void {
  if (policy.bundle === null || !existsSync(policy.bundle)) return;
  const card = readJsonFile<ModelCard | null>(path.join(policy.bundle, 'card.json'), null, session.ports.log);
  if (card === null) return;
  const curve = readJsonFile(path.join(policy.bundle, 'curve.json'), card.curve ?? [], session.ports.log);
  session.cards.set(policy.taskId, { ...card, curve });
}

/** Shows a problem until the same id is cleared or replaced. */
export function report(session: Session, problem: Problem): void {
  session.problems.set(problem.id, problem);
  session.changed();
}
