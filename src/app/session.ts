import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../capabilities/capability.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { JobState, Problem } from '../protocol.ts';
import type { RoutingPolicy } from '../routing/policy.ts';
import type { ModelCard } from '../student/student.ts';
import type { Task } from '../tasks/task.ts';
import type { TraceStore } from '../traces/store.ts';
import { createWorker, type Worker } from '../worker/client.ts';
import { type Edits, noUserEdits } from './edits.ts';
import { type Figures, noFigures } from './figures.ts';
import { readJsonFile, type StoragePaths, storagePaths, writeJsonFile } from './files.ts';
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
  /** Tells listeners that the state has to be built anew. */
  changed: () => void;
}

export function openSession(ports: AppPorts): Session {
  const paths = storagePaths(ports.storage);
  let worker: Worker | null = null;
  const session: Session = {
    ports,
    paths,
    settings: ports.settings,
    edits: { ...noUserEdits, ...readJsonFile(paths.edits, noUserEdits, ports.log) },
    tasks: readJsonFile<readonly Task[]>(paths.tasks, [], ports.log),
    unassigned: 0,
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
    changed: () => {},
  };
  for (const task of session.tasks) readCatalogue(session, task.id);
  for (const policy of session.policies) readCard(session, policy);
  return session;
}

export function saveEdits(session: Session, edits: Edits): void {
  session.edits = edits;
  writeJsonFile(session.paths.edits, edits);
}

export function savePolicy(session: Session, policy: RoutingPolicy): void {
  session.policies = [...session.policies.filter((p) => p.taskId !== policy.taskId), policy];
  writeJsonFile(session.paths.policies, session.policies);
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
