import type { CapabilitySet, Catalogue, Verdict } from './capability.ts';

/** Where a capability ends up: `not yet` is routed until it is decided. */
export type Choice = 'keep' | 'route' | 'drop';

/** Who agreed to a set, when (milliseconds since 1970) and to what. */
export interface Signature {
  readonly by: string;
  readonly atMs: number;
  /** Capability id -> what was agreed to; absent in signatures that recorded a name and a date only. */
  readonly choices?: Readonly<Record<string, Choice>>;
}

/** A choice that differs from what was agreed to. */
export interface SetChange {
  readonly id: string;
  readonly name: string;
  /** `new`: it was not on offer when the set was agreed to. */
  readonly from: Choice | 'new';
  readonly to: Choice;
}

export type Decisions = Readonly<Record<string, Verdict | null>>;

/** Every capability with the choice that stands. @param edits what the user decided; null or absent follows the catalogue. */
export function choicesOf(catalogue: Catalogue, edits: Decisions = {}): Record<string, Choice> {
  return Object.fromEntries(catalogue.capabilities.map((c) => [c.id, choiceOf(edits[c.id] ?? c.verdict)]));
}

function choiceOf(verdict: Verdict): Choice {
  return verdict === 'not yet' ? 'route' : verdict;
}

/** What has changed since the set was agreed to, by the user or by the traffic; empty where nobody agreed to any. */
export function unsignedChanges(
  catalogue: Catalogue,
  edits: Decisions,
  signed: Signature | null,
): SetChange[] {
  const agreed = signed?.choices;
  if (agreed === undefined) return [];
  return catalogue.capabilities.flatMap(({ id, name, verdict }) => {
    const from = Object.hasOwn(agreed, id) ? agreed[id]! : 'new';
    const to = choiceOf(edits[id] ?? verdict);
    // What is new and stays with the teacher changes nothing for the student.
    return from === to || (from === 'new' && to === 'route') ? [] : [{ id, name, from, to }];
  });
}

/**
 * The set a student is built for. Where somebody agreed to a set, a later change counts only as far as it is safe: what
 * now stays with the teacher does so at once, whatever else has changed waits there until it is agreed to, and what was
 * to be kept is not dropped before that.
 */
export function capabilitySet(
  catalogue: Catalogue,
  edits: Decisions = {},
  signed: Signature | null = null,
): CapabilitySet {
  const waiting = new Map(unsignedChanges(catalogue, edits, signed).map((change) => [change.id, change]));
  const sets: Record<Choice, string[]> = { keep: [], route: [], drop: [] };
  for (const [id, choice] of Object.entries(choicesOf(catalogue, edits))) {
    const change = waiting.get(id);
    const keeps = change?.from === 'keep' && change.to === 'drop';
    sets[change === undefined ? choice : keeps ? 'keep' : 'route'].push(id);
  }
  return {
    taskId: catalogue.taskId,
    version: catalogue.version,
    ...sets,
    signedBy: signed?.by ?? null,
    signedMs: signed?.atMs ?? null,
    waiting: [...waiting.keys()],
  };
}
