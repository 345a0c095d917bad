import type { Catalogue, Verdict } from './capability.ts';

/** A point of the picture "coverage against number of capabilities". */
export interface CurvePoint {
  readonly capabilities: number;
  /** Share of the traffic whose answers need these capabilities only. */
  readonly coverage: number;
  /** The capability that was added last. */
  readonly id: string | null;
  readonly verdict: Verdict | null;
}

/**
 * Coverage of the traffic by ever more capabilities: first the kept ones, so that the kept set is a point of the curve,
 * then what the others would add. Within both greedily: the next shape of call is the one that covers most calls per
 * capability still missing. Quadratic in the shapes, of which a catalogue has at most 2,000.
 */
export function coverageCurve(catalogue: Catalogue, verdicts: readonly Verdict[]): CurvePoint[] {
  const shapes = catalogue.shapes ?? [];
  const normal = shapes.reduce((sum, shape) => sum + shape.calls, 0);
  const have = new Set<number>();
  const users = new Map<number, number[]>();
  const missing = shapes.map((shape, s) => {
    for (const k of shape.needs) {
      const known = users.get(k);
      if (known === undefined) users.set(k, [s]);
      else known.push(s);
    }
    return shape.needs.length;
  });
  const kept = shapes.map((shape) => shape.needs.every((k) => verdicts[k] === 'keep'));
  const open = new Set(shapes.keys());
  const points: CurvePoint[] = [{ capabilities: 0, coverage: 0, id: null, verdict: null }];
  let covered = 0;
  while (open.size > 0) {
    let best = -1;
    let value = -1;
    for (const s of open) {
      const gain = missing[s] === 0 ? Number.POSITIVE_INFINITY : shapes[s]!.calls / missing[s]!;
      const worth = gain + (kept[s] ? normal : 0);
      if (worth > value) [best, value] = [s, worth];
    }
    const added = shapes[best]!.needs.filter((k) => !have.has(k));
    for (const k of added) {
      have.add(k);
      for (const s of users.get(k) ?? []) missing[s]!--;
    }
    for (const s of open)
      if (missing[s] === 0) {
        covered += shapes[s]!.calls;
        open.delete(s);
      }
    const last = added.at(-1);
    points.push({
      capabilities: have.size,
      coverage: normal === 0 ? 0 : covered / normal,
      id: last === undefined ? null : (catalogue.capabilities[last]?.id ?? null),
      verdict: last === undefined ? null : (verdicts[last] ?? null),
    });
  }
  return points;
}
