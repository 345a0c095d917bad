import { canonicalJson, isArray, type Json } from '../../base/json.ts';
import type { Span, Target } from '../example.ts';
import { evaluate } from '../formula.ts';
import type { Formula } from '../plan.ts';
import { alignRewritten } from '../rewrite.ts';
import { placesOf } from '../spans.ts';
import type { ObjectSample, Sibling } from './place.ts';

/** Fields that follow from where other fields are copied from. */

/** Share of the rewritten texts whose replaced places are counted rightly. */
const leastReplaced = 0.99;
/** Teachers miscount. */
const leastCounted = 0.5;

/** Where the copy of another field stands, which a teacher counts out; null where this field is something else. */
export function offsetOf(
  key: string,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  const given = objects.filter(({ value }) => value[key] !== null && value[key] !== undefined);
  const isPair = given.every(({ value }) => isArray(value[key]) && value[key].length === 2);
  if (!isPair && !given.every(({ value }) => Number.isInteger(value[key]))) return null;
  for (const { key: of, node } of siblings) {
    if (node.kind !== 'span' || node.slot.type !== 'string') continue;
    const { slot } = node;
    for (const edge of isPair ? (['both'] as const) : (['start', 'end'] as const))
      for (const plus of edge === 'start' ? [0, 1] : [0, -1]) {
        const formula: Formula = { kind: 'place', of, edge, plus };
        const isHit = ({ value, input }: ObjectSample): boolean => {
          for (const place of placesOf(String(value[of] ?? ''), slot, input))
            if (sameJson(evaluate(formula, value, input, { [of]: place }), value[key])) return true;
          return false;
        };
        if (given.slice(0, 20).filter(isHit).length < 5) continue;
        const distinct = new Set(given.filter(isHit).map(({ value }) => canonicalJson(value[key] ?? null)))
          .size;
        if (distinct > 2 && given.filter(isHit).length >= leastCounted * given.length) return formula;
      }
  }
  return null;
}

/** How many places of a rewritten field were replaced, of all or of one kind; null where this field is something else. */
export function replacedIn(
  key: string,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  for (const { key: of, node } of siblings) {
    if (node.kind !== 'rewritten') continue;
    const counted = objects.flatMap(({ value, input }) => {
      const targets: Record<string, Target> = {};
      const problem = alignRewritten(node, value[of] ?? null, input, targets);
      return problem === null ? [{ value, input, targets }] : [];
    });
    const names = node.changes.map(({ slot }) => slot.name);
    for (const slots of [names, ...names.map((name) => [name])])
      for (const flag of [false, true]) {
        const formula: Formula = { kind: 'replaced', of, slots, flag };
        const right = counted.filter(({ value, input, targets }) => {
          const spansIn = (slot: string): readonly Span[] => {
            const target = targets[slot];
            return target?.kind === 'spans' ? target.spans : [];
          };
          return evaluate(formula, value, input, {}, spansIn) === value[key];
        });
        const distinct = new Set(right.map(({ value }) => value[key])).size;
        if (distinct > 1 && right.length >= leastReplaced * counted.length) return formula;
      }
  }
  return null;
}

function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
