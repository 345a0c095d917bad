import type { ErrorCode } from '../base/error.ts';
import type { CapabilitySet, Catalogue, CostOfError, Verdict } from '../capabilities/capability.ts';
import type { ModelInput } from '../dataset/example.ts';
import type { Prediction } from '../evaluation/prediction.ts';
import type { Device, DeviceChoice, ModelCard, TrainProgress } from '../student/student.ts';
import type { Task, TaskEdits, YoungTask } from '../tasks/task.ts';

/**
 * What the worker understands: request name -> [parameters, result]. One program serves both roles; a *serve* worker is
 * asked load, predict and unload, a *job* worker analyse, train and devices. Messages are plain data over the child
 * process's IPC channel, several of one turn as a list; every request has a number, and one answer or one error comes back
 * with it.
 */
export interface WorkerRequests {
  load: [{ readonly taskId: string; readonly bundle: string }, { readonly card: ModelCard }];
  unload: [{ readonly taskId: string }, null];
  predict: [
    { readonly taskId: string; readonly inputs: readonly ModelInput[] },
    { readonly predictions: readonly Prediction[] },
  ];
  /** Reads the whole journal, finds tasks, counts capabilities, and writes tasks.json and capabilities/ of the storage. */
  analyse: [AnalyseJob, AnalyseResult];
  train: [TrainJob, TrainResult];
  devices: [
    null,
    {
      readonly devices: readonly {
        readonly device: Device;
        readonly available: boolean;
        readonly detail: string;
      }[];
    },
  ];
}

export interface AnalyseJob {
  readonly storage: string;
  readonly edits: TaskEdits;
  /** What the user said about capabilities, by task id and capability id. */
  readonly verdicts: Readonly<Record<string, Readonly<Record<string, Verdict>>>>;
  readonly costs: Readonly<Record<string, Readonly<Record<string, CostOfError>>>>;
  readonly nowMs: number;
}

export interface AnalyseResult {
  readonly tasks: readonly Task[];
  readonly catalogues: readonly Catalogue[];
  readonly unassigned: number;
  /** Prompts among the unassigned calls that are too young to be tasks. */
  readonly young: readonly YoungTask[];
  readonly calls: number;
}

export interface TrainJob {
  readonly storage: string;
  readonly taskId: string;
  readonly edits: TaskEdits;
  readonly capabilities: CapabilitySet;
  readonly epsilon: number;
  readonly delta: number;
  /** Share of the calls that may become of kinds never seen; null: as the traffic suggests. */
  readonly newKinds: number | null;
  readonly device: DeviceChoice;
  readonly seed: number;
  /** Share of the newest traffic kept for the test; 0 where the caller tests on later traffic itself. */
  readonly testShare: number;
  readonly terms: ModelCard['terms'];
  readonly nowMs: number;
}

export interface TrainResult {
  readonly bundle: string;
  readonly card: ModelCard;
}

export type WorkerProgress =
  | TrainProgress
  | {
      readonly stage: 'read' | 'discover' | 'analyse';
      readonly fraction: number;
      readonly message: string;
      readonly plan?: undefined;
      readonly point?: undefined;
    };

export type ToWorker =
  | {
      [K in keyof WorkerRequests]: {
        readonly id: number;
        readonly method: K;
        readonly params: WorkerRequests[K][0];
      };
    }[keyof WorkerRequests]
  | { readonly id: number; readonly method: 'cancel' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly next: string | null;
    }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: WorkerProgress };
