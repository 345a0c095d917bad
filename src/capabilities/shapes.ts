import type { CallShape, Capability } from './capability.ts';
import type { Tally } from './tally.ts';

const MAX_SHAPES = 2000;
const WEEK_MS = 7 * 86_400_000;
const WEEKEND_MS = 3 * 86_400_000;

/** Groups the normal calls by the capabilities that their answers need together. */
export function callShapes(
  tally: Tally,
  entries: readonly { readonly calls: readonly number[] }[],
  capabilities: readonly Capability[],
  exact: Int32Array,
): CallShape[] {
  const needs: number[][] = Array.from(tally.times, () => []);
  entries.forEach(({ calls }, k) => {
    if (isNeed(capabilities[k]!)) for (const i of calls) needs[i]!.push(k);
  });
  const shapes = new Map<string, { needs: number[]; calls: number; inputs: Set<number> }>();
  for (let i = 0; i < needs.length; i++) {
    if (tally.normal[i] !== 1) continue;
    const key = needs[i]!.join();
    const known = shapes.get(key);
    const weight = tally.weights[i]!;
    if (known === undefined)
      shapes.set(key, { needs: needs[i]!, calls: weight, inputs: new Set([exact[i]!]) });
    else {
      known.calls += weight;
      known.inputs.add(exact[i]!);
    }
  }
  return [...shapes.values()]
    .sort((a, b) => b.calls - a.calls)
    .slice(0, MAX_SHAPES)
    .map((shape) => ({ needs: shape.needs, calls: shape.calls, examples: shape.inputs.size }));
}

/** Does an answer differ by whether it uses this? A field that is always there makes no difference. */
function isNeed(capability: Capability): boolean {
  if (capability.kind === 'label' || capability.kind === 'enum' || capability.kind === 'tool') return true;
  const part = capability.kind === 'field' || capability.kind === 'argument';
  return part && capability.fired < capability.opportunities;
}

/**
 * Calls a day over the last week before `nowMs`, or over the whole traffic where it is shorter; over a day at least, as
 * an hour of calls says nothing about the night after it. Where no call came for longer than a weekend (an old log was
 * imported), over the traffic's own last week.
 */
export function callsPerDay(times: Float64Array, nowMs: number): number {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const end = nowMs - last > WEEKEND_MS ? last : nowMs;
  const from = Math.max(first, end - WEEK_MS);
  const recent = times.filter((time) => time >= from).length;
  return (recent / Math.max(end - from, 86_400_000)) * 86_400_000;
}
