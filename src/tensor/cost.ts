import type { Graph } from './graph.ts';
import { rootsOf, sizeOf, topological } from './graph.ts';

/** Floating-point operations of the matrix products of one run (two per multiply-add); nothing else is counted. */
export function matrixFlops(graph: Graph): number {
  let flops = 0;
  for (const { source, shape } of topological(rootsOf(graph))) {
    if (source.kind !== 'node') continue;
    const [a] = source.inputs;
    if (source.op === 'MatMul') flops += 2 * sizeOf(shape) * a!.shape.at(-1)!;
    if (source.op === 'Gemm')
      flops += 2 * sizeOf(shape) * a!.shape[source.attributes['transA'] === true ? 0 : 1]!;
  }
  return flops;
}

/** Bytes of all values of a graph whose buffers live at the same time, computed node by node in execution order. */
export function peakBytes(graph: Graph): number {
  const order = topological(rootsOf(graph));
  const last = new Map<unknown, number>();
  order.forEach(({ source }, i) => {
    if (source.kind === 'node') for (const v of source.inputs) last.set(v, i);
  });
  for (const root of rootsOf(graph)) last.set(root, order.length);
  let live = 0;
  let peak = 0;
  const ends: number[] = new Array(order.length + 1).fill(0);
  for (const [i, value] of order.entries()) {
    const bytes =
      sizeOf(value.shape) *
      (value.dtype === 'i64' ? 8 : value.dtype === 'bool' || value.dtype === 'i8' ? 1 : 4);
    live += bytes;
    peak = Math.max(peak, live);
    const end = last.get(value) ?? i;
    ends[end] = ends[end]! + bytes;
    live -= ends[i]!;
  }
  return peak;
}
