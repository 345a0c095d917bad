import type { CapabilitySet, Catalogue, Verdict } from './capability.ts';

/** Who agreed to a set, and when (milliseconds since 1970). */
export interface Signature {
  readonly by: string;
  readonly atMs: number;
}

/**
 * The set a student is built for. `not yet` routes: the teacher answers until it is decided.
 * @param edits capability id -> what the user decided; null or absent follows the catalogue.
 */
export function capabilitySet(
  catalogue: Catalogue,
  edits: Readonly<Record<string, Verdict | null>> = {},
  signed: Signature | null = null,
): CapabilitySet {
  const keep: string[] = [];
  const route: string[] = [];
  const drop: string[] = [];
  for (const { id, verdict } of catalogue.capabilities) {
    const decided = edits[id] ?? verdict;
    (decided === 'keep' ? keep : decided === 'drop' ? drop : route).push(id);
  }
  return {
    taskId: catalogue.taskId,
    version: catalogue.version,
    keep,
    route,
    drop,
    signedBy: signed?.by ?? null,
    signedMs: signed?.atMs ?? null,
  };
}
