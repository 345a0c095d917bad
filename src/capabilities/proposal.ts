import type { Task } from '../tasks/task.ts';
import type { Catalogue, Verdict } from './capability.ts';

/** The smallest set of capabilities worth distilling, before any training is paid for. Plain data for a picture and a table. */
export interface Proposal {
  readonly taskId: string;
  readonly rows: readonly ProposalRow[];
  readonly curve: readonly CurvePoint[];
  /** Share of the traffic that uses kept capabilities only. */
  readonly localShare: number;
}

export interface ProposalRow {
  readonly id: string;
  readonly name: string;
  readonly verdict: Verdict;
  /** Share of the calls that use it. */
  readonly share: number;
  readonly reason: string;
}

export interface CurvePoint {
  readonly capabilities: number;
  readonly coverage: number;
}

/** Proposes a capability set from a catalogue. */
export function propose(task: Task, catalogue: Catalogue): Proposal {
  const rows = catalogue.capabilities.map((c) => ({
    id: c.id,
    name: c.name,
    verdict: c.verdict,
    share: catalogue.calls === 0 ? 0 : c.fired / catalogue.calls,
    reason: c.reason,
  }));
  return { taskId: task.id, rows, curve: [], localShare: 0 };
}
