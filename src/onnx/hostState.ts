import type { Graph, Shape, Value } from '../tensor/graph.ts';
import { input, rootsOf, topological } from '../tensor/graph.ts';

/**
 * What need not pass through a run where the state lies in host memory: rows that replace others are given alone and the
 * host writes them, stretches of a vector are fed as views of it, so that parameters in one vector are not copied apart,
 * and what replaces a whole tensor is written over it where nobody reads it any more.
 */
export interface OnHost {
  readonly graph: Graph;
  readonly rows: readonly RowsUpdate[];
  readonly stretches: readonly Stretch[];
  /** States whose update may be written where they lie. */
  readonly inPlace: ReadonlySet<string>;
}

/** `output` are the rows that come to the places `ids` (an i64 input) of the state. */
export interface RowsUpdate {
  readonly state: string;
  readonly ids: string;
  readonly output: string;
}

/** Part of a vector of the state from `start`, fed as `input` in this shape. */
export interface Stretch {
  readonly input: string;
  readonly state: string;
  readonly start: number;
  readonly shape: Shape;
}

export function onHost(graph: Graph): OnHost {
  const { graph: without, rows } = rowsApart(graph);
  return { ...stretchesApart(without), rows, inPlace: inPlace(without) };
}

/**
 * The states all of whose readers come before the value that replaces them, whatever else a run does in which order: that
 * value is made of what they made. A run that fails half way leaves such a state half written.
 */
function inPlace(graph: Graph): ReadonlySet<string> {
  const roots = new Set(rootsOf(graph));
  const values = topological([...roots]);
  const names = Object.entries(graph.updates).flatMap(([name, next]) => {
    if (next.source.kind !== 'node') return [];
    const before = new Set(topological(next.source.inputs));
    // Parts and other shapes of a state may be the same memory.
    const same = new Set<Value>();
    const isFree = values.every((value) => {
      const { source } = value;
      const reads = source.kind === 'node' && source.inputs.some((one) => same.has(one));
      const isSame = source.kind === 'state' ? source.name === name : reads && views.has(source.op);
      if (isSame) same.add(value);
      return isSame ? !roots.has(value) : !reads || before.has(value);
    });
    return isFree ? [name] : [];
  });
  return new Set(names);
}

/** Ops whose output may lie where their input lies. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Slice', 'StopGradient', 'Expand', 'Cast']);

/** Takes the updates that replace rows of their own state out of a graph and adds those rows to its outputs. */
function rowsApart(graph: Graph): Pick<OnHost, 'graph' | 'rows'> {
  const outputs: Record<string, Value> = { ...graph.outputs };
  const updates: Record<string, Value> = { ...graph.updates };
  const rows: RowsUpdate[] = [];
  for (const [name, { source, dtype }] of Object.entries(graph.updates)) {
    if (source.kind !== 'node' || source.op !== 'ScatterRows' || dtype !== 'f32') continue;
    const [table, ids, replaced] = source.inputs;
    if (table!.source.kind !== 'state' || table!.source.name !== name || ids!.source.kind !== 'input')
      continue;
    const output = `${name}.rows`;
    delete updates[name];
    outputs[output] = replaced!;
    rows.push({ state: name, ids: ids!.source.name, output });
  }
  return { graph: { outputs, updates }, rows };
}

function stretchesApart(graph: Graph): Pick<OnHost, 'graph' | 'stretches'> {
  const made = new Map<Value, Value>();
  const known = new Map<string, Stretch>();
  for (const value of topological(rootsOf(graph))) {
    const stretch = stretchOf(value);
    if (stretch === null) made.set(value, remade(value, made));
    else {
      known.set(stretch.input, stretch);
      made.set(value, input(stretch.input, value.dtype, value.shape));
    }
  }
  const all = (values: Graph['outputs']): Record<string, Value> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, made.get(value)!]));
  const remaining: Graph = { outputs: all(graph.outputs), updates: all(graph.updates) };
  // A stretch that only another one was made of is fed to nobody.
  const fed = topological(rootsOf(remaining)).flatMap(({ source }) =>
    source.kind === 'input' ? (known.get(source.name) ?? []) : [],
  );
  return { graph: remaining, stretches: [...new Set(fed)] };
}

/** A slice of a vector of the state, or that slice in another shape. */
function stretchOf({ source, shape, dtype }: Value): Stretch | null {
  if (source.kind !== 'node' || dtype !== 'f32') return null;
  const [from] = source.inputs;
  if (source.op === 'Reshape' && from !== undefined && shape.every((d) => d >= 0)) {
    const whole = stretchOf(from);
    return whole === null ? null : named(whole.state, whole.start, shape);
  }
  if (source.op !== 'Slice' || from?.source.kind !== 'state' || from.shape.length !== 1) return null;
  return named(from.source.name, Number(source.attributes['start']), shape);
}

function named(state: string, start: number, shape: Shape): Stretch {
  return { input: `${state}@${start}[${shape}]`, state, start, shape };
}

function remade(value: Value, made: ReadonlyMap<Value, Value>): Value {
  const { source } = value;
  if (source.kind !== 'node') return value;
  const inputs = source.inputs.map((one) => made.get(one)!);
  const isSame = inputs.every((one, i) => one === source.inputs[i]);
  return isSame ? value : { ...value, source: { ...source, inputs } };
}
