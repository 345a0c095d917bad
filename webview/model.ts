import type { AppState } from '../src/protocol.ts';
import type { ActionOutcome, Host } from './host.ts';

/** What this page remembers beside the app's state: where the user is and what is unfolded. */
export interface Memory {
  readonly taskId: string | null;
  /** Names of unfolded sections. */
  readonly open: readonly string[];
  readonly verdictFilter: string;
  readonly scroll: number;
}

export const freshMemory: Memory = { taskId: null, open: [], verdictFilter: 'all', scroll: 0 };

/** Everything a view needs; views are functions of this. */
export interface Model {
  readonly state: AppState;
  readonly memory: Memory;
  /** Actions that were sent and have not come back, as `name:taskId`. */
  readonly pending: ReadonlySet<string>;
  /** Why the last action failed. */
  readonly failure: { readonly message: string; readonly next: string | null } | null;
  readonly renaming: string | null;
  readonly nowMs: number;
}

/** What a view can do. */
export interface Controls {
  readonly act: Host['act'];
  readonly command: Host['command'];
  open(taskId: string | null): void;
  toggle(section: string, open: boolean): void;
  filterVerdicts(verdict: string): void;
  /** Begins to edit the name of a task; null gives up. */
  rename(taskId: string | null): void;
  /** Ends editing with what was typed; of several events that end it the first one counts. */
  finishRename(name: string): void;
  dismiss(): void;
}

export type Outcome = ActionOutcome;

/** Memory from an earlier page; whatever is not understood is forgotten. */
export function recall(value: unknown): Memory {
  if (typeof value !== 'object' || value === null) return freshMemory;
  const seen = value as Record<string, unknown>;
  return {
    taskId: typeof seen['taskId'] === 'string' ? seen['taskId'] : null,
    open: Array.isArray(seen['open']) ? seen['open'].filter((name) => typeof name === 'string') : [],
    verdictFilter: typeof seen['verdictFilter'] === 'string' ? seen['verdictFilter'] : 'all',
    scroll: typeof seen['scroll'] === 'number' ? seen['scroll'] : 0,
  };
}
