import type { Lattice } from './field.ts';
import { kindOfTag, type TagGroup } from './scheme.ts';

/** The tags of a group and their order: an inside follows its own beginning or inside, or a span inside its region. */
export function latticeOf(group: TagGroup): Lattice {
  const empties = group.regions.map(({ empty }) => empty);
  const kinds = [...new Set([...group.slots.map(({ kind }) => kind), ...empties])].sort((a, b) => a - b);
  const allowed = Int32Array.from([
    0,
    ...kinds.flatMap((kind) => (empties.includes(kind) ? [1 + 2 * kind] : [1 + 2 * kind, 2 + 2 * kind])),
  ]);
  const width = allowed.length;
  const follows = new Uint8Array(width * width);
  const begins = new Uint8Array(width);
  const inner = new Map(group.regions.map(({ region, inner: kind, empty }) => [region, [kind, empty]]));
  for (let b = 0; b < width; b++) {
    const inside = allowed[b]! > 0 && allowed[b]! % 2 === 0;
    begins[b] = inside ? 0 : 1;
    for (let a = 0; a < width; a++) {
      const [from, to] = [kindOfTag(allowed[a]!), kindOfTag(allowed[b]!)];
      follows[a * width + b] =
        !inside || from === to || (from >= 0 && inner.get(to)?.includes(from) === true) ? 1 : 0;
    }
  }
  return { allowed, follows, begins, told: allowed.map((tag) => plainTag(group, tag)) };
}

/** The tag without what its kind stands for beside its slot: other rungs know no more than that. */
export function plainTag(group: TagGroup, tag: number): number {
  const plain = group.plain?.[kindOfTag(tag)];
  return plain === undefined ? tag : 2 - (tag % 2) + 2 * plain;
}
