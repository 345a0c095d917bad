import type { Rate } from './base/binomial.ts';
import type { Capability, Verdict } from './capabilities/capability.ts';
import type { Finding } from './capabilities/findings.ts';
import type { Proposal } from './capabilities/proposal.ts';
import type { SetChange } from './capabilities/set.ts';
import type { SelfAgreement } from './evaluation/ceiling.ts';
import type { CertificationOutcome, EvaluationReport } from './evaluation/certificate.ts';
import type { Mode } from './routing/policy.ts';
import type { DeviceChoice, LearningPoint, Rung } from './student/student.ts';
import type { OutputShape, SlotProfile, Task, TaskVersion, YoungTask } from './tasks/task.ts';

/** The one table of verbs. The palette, the sidebar, code actions and the command line all call these: name -> [parameters, result]. */
export interface Actions {
  'capture.start': [null, null];
  'capture.stop': [null, null];
  /** Waits until every call answered so far is in the journal and in the index. */
  'capture.flush': [null, null];
  /** Finds tasks and counts capabilities over everything captured so far. */
  'tasks.analyse': [null, { readonly tasks: number }];
  'task.rename': [{ readonly taskId: string; readonly name: string }, null];
  'task.merge': [{ readonly taskId: string; readonly into: string }, null];
  'task.split': [{ readonly taskId: string; readonly version: number }, null];
  'task.setMode': [{ readonly taskId: string; readonly mode: Mode }, null];
  'capability.setVerdict': [
    { readonly taskId: string; readonly capabilityId: string; readonly verdict: Verdict | null },
    null,
  ];
  /** US dollars that a wrong answer costs; null goes back to the inferred default. */
  'capability.setCost': [
    { readonly taskId: string; readonly capabilityId: string; readonly dollars: number | null },
    null,
  ];
  /** Agrees to the capability set as it stands; name and date go into the student's card. */
  'capabilities.sign': [{ readonly taskId: string; readonly by: string }, null];
  'student.train': [
    {
      readonly taskId: string;
      readonly device?: DeviceChoice;
      readonly seed?: number;
      /** Share of the newest traffic kept for the test; 0 where later traffic is the test. */
      readonly testShare?: number;
    },
    { readonly certified: boolean },
  ];
  'student.cancelTraining': [{ readonly taskId: string }, null];
  /** A self-contained HTML page about a task (or all tasks). */
  'report.write': [{ readonly taskId: string | null; readonly file: string }, null];
  /** What would be stored of a request body or a traffic line, and what would be taken out of it. Nothing is written. */
  'traces.preview': [
    { readonly text: string },
    {
      readonly stored: string;
      readonly replaced: readonly { readonly where: string; readonly rule: string }[];
    },
  ];
  'traces.import': [
    /** `companions`: further files with the missing halves of calls (a batch's requests, the messages of stored completions). */
    { readonly file: string; readonly companions?: readonly string[] },
    { readonly imported: number; readonly duplicates: number; readonly skipped: readonly SkippedLine[] },
  ];
  'traces.export': [
    { readonly taskId: string; readonly file: string; readonly as: 'chat' | 'jsonl' | 'columns' },
    { readonly rows: number },
  ];
  'traces.delete': [
    { readonly what: 'all' | { readonly taskId: string } | { readonly traceId: string } },
    { readonly deleted: number },
  ];
  'terms.decide': [{ readonly provider: string; readonly decision: 'allowed' | 'declined' }, null];
}

export type ActionName = keyof Actions;

export interface SkippedLine {
  readonly line: number;
  readonly reason: string;
}

/** The one snapshot that every front shows. Plain data; a new object whenever something changed. */
export interface AppState {
  readonly gateway: GatewayState;
  readonly traces: {
    readonly total: number;
    readonly today: number;
    readonly bytes: number;
    readonly shed: number;
    readonly unassigned: number;
  };
  /** Prompts that are too young to be tasks, most calls first. */
  readonly young: readonly YoungTask[];
  readonly tasks: readonly TaskState[];
  readonly jobs: readonly JobState[];
  readonly problems: readonly Problem[];
  readonly terms: readonly {
    readonly provider: string;
    /** The provider as people call it. */
    readonly name: string;
    readonly decision: 'undecided' | 'allowed' | 'declined';
    readonly says: string;
    readonly source: string;
    readonly asOf: string;
  }[];
}

export type GatewayState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'running';
      readonly port: number;
      readonly baseUrls: Readonly<Record<string, string>>;
      readonly capturing: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface TaskState {
  readonly id: string;
  readonly name: string;
  readonly mode: Mode;
  readonly stage: 'collecting' | 'ready' | 'training' | 'certified' | 'refused' | 'serving' | 'rolled-back';
  /** The state in one sentence, with what to do next. */
  readonly summary: string;
  readonly calls: number;
  readonly callsPerDay: number;
  readonly versions: number;
  /** Every version of the prompt with what changed, oldest first. */
  readonly history: readonly VersionState[];
  readonly sites: readonly string[];
  /** Vendors that answered. */
  readonly providers: readonly string[];
  /** Providers whose formats its calls are written in; none: unknown. */
  readonly wires: readonly string[];
  readonly models: readonly string[];
  /** The same with when each answered, oldest first. */
  readonly teachers: Task['models'];
  readonly output: OutputShape;
  readonly slots: readonly SlotProfile[];
  readonly prompt: string;
  readonly capabilities: readonly Capability[];
  readonly novelty: Rate | null;
  /** What the counts mean, in words: novelty, what came and went, what the calls are worth. */
  readonly findings: readonly Finding[];
  /** The smallest set worth distilling, before any training is paid for; null until the traffic was analysed. */
  readonly proposal: Proposal | null;
  /** Who agreed to the capability set, and when, and what has changed since without anybody's agreement. */
  readonly signed: SignedState | null;
  readonly student: StudentState | null;
  /** Live traffic since the student was switched on. */
  readonly live: LiveState;
  readonly costPerMonth: number | null;
}

export type VersionState = Pick<TaskVersion, 'version' | 'calls' | 'firstMs' | 'lastMs' | 'change'>;

export interface SignedState {
  readonly by: string;
  readonly atMs: number;
  readonly changes: readonly SetChange[];
}

export interface StudentState {
  readonly rung: Rung;
  readonly parameters: number;
  readonly bytes: number;
  readonly device: string;
  /** Why its networks learned there; missing where there are none. */
  readonly deviceReason?: string;
  readonly trainSeconds: number;
  readonly trainedMs: number;
  /** Who had agreed to the capability set that it was built for; null where nobody had. */
  readonly signed: { readonly by: string; readonly atMs: number; readonly waiting: number } | null;
  readonly outcome: CertificationOutcome;
  readonly report: EvaluationReport | null;
  /** How often the teacher says the same again; missing where too few inputs came again. */
  readonly selfAgreement?: SelfAgreement;
  /** How its weights were written and why, in words. */
  readonly weights?: string;
  /** How it learned; empty where only linear parts were trained. */
  readonly curve?: readonly LearningPoint[];
}

export interface LiveState {
  readonly answeredLocally: Rate;
  readonly byReason: Readonly<Record<string, number>>;
  readonly audited: Rate;
  readonly studentP50Ms: number | null;
  readonly studentP99Ms: number | null;
  readonly teacherP50Ms: number | null;
  readonly teacherP99Ms: number | null;
  readonly saved: number;
}

export interface JobState {
  readonly id: number;
  readonly title: string;
  readonly taskId: string | null;
  readonly fraction: number;
  readonly message: string;
  /** What the training under way will take: device and why, steps, memory; null where nothing needs to be told. */
  readonly plan: string | null;
  readonly curve: readonly LearningPoint[];
  readonly cancellable: boolean;
}

/** Something the user should know about: what happened, why, what to do next. */
export interface Problem {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly next: string | null;
}

/** Extension host -> webview. */
export type ToWebview =
  | { readonly kind: 'state'; readonly state: AppState }
  | { readonly kind: 'show-task'; readonly taskId: string }
  | {
      readonly kind: 'action-failed';
      readonly id: number;
      readonly message: string;
      readonly next: string | null;
    }
  | { readonly kind: 'action-done'; readonly id: number };

/** Webview -> extension host. */
export type FromWebview =
  | { readonly kind: 'ready' }
  | {
      [K in ActionName]: {
        readonly kind: 'action';
        readonly id: number;
        readonly name: K;
        readonly params: Actions[K][0];
      };
    }[ActionName]
  | { readonly kind: 'command'; readonly command: string; readonly taskId?: string };
