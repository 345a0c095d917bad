import type { CostOfError, Verdict } from '../capabilities/capability.ts';
import type { Signature } from '../capabilities/set.ts';
import type { TaskEdits } from '../tasks/task.ts';

/** What the user decided on a provider's terms. */
export interface TermsDecision {
  readonly decision: 'allowed' | 'declined';
  readonly ms: number;
  /** Which document the user was told of, and the day of its reading. */
  readonly told?: string;
}

/** Everything the user said. It wins over what was computed and survives every re-analysis. */
export interface Edits {
  readonly tasks: TaskEdits;
  readonly verdicts: Readonly<Record<string, Readonly<Record<string, Verdict>>>>;
  readonly costs: Readonly<Record<string, Readonly<Record<string, CostOfError>>>>;
  readonly signed: Readonly<Record<string, Signature>>;
  /** When a dropped capability was used again and so reopened, by task id and capability id. */
  readonly reopened: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly terms: Readonly<Record<string, TermsDecision>>;
}

export const noUserEdits: Edits = {
  tasks: { names: {}, merges: {}, splits: [] },
  verdicts: {},
  costs: {},
  signed: {},
  reopened: {},
  terms: {},
};

export function setVerdict(
  edits: Edits,
  taskId: string,
  capabilityId: string,
  verdict: Verdict | null,
): Edits {
  const mine = { ...edits.verdicts[taskId] };
  if (verdict === null) delete mine[capabilityId];
  else mine[capabilityId] = verdict;
  // The user's own word is no reopening any more.
  const reopened = { ...edits.reopened[taskId] };
  delete reopened[capabilityId];
  return {
    ...edits,
    verdicts: { ...edits.verdicts, [taskId]: mine },
    reopened: { ...edits.reopened, [taskId]: reopened },
  };
}

/** Routes a dropped capability that was used again. */
export function reopen(edits: Edits, taskId: string, capabilityId: string, atMs: number): Edits {
  const routed = setVerdict(edits, taskId, capabilityId, 'route');
  const mine = { ...routed.reopened[taskId], [capabilityId]: atMs };
  return { ...routed, reopened: { ...routed.reopened, [taskId]: mine } };
}

export function setCost(edits: Edits, taskId: string, capabilityId: string, cost: CostOfError | null): Edits {
  const mine = { ...edits.costs[taskId] };
  if (cost === null) delete mine[capabilityId];
  else mine[capabilityId] = cost;
  return { ...edits, costs: { ...edits.costs, [taskId]: mine } };
}
