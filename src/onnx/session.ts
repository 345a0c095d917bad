import type * as Ort from 'onnxruntime-node';
import { AppError } from '../base/error.ts';
import type { Graph } from '../tensor/graph.ts';
import { lower } from './lower.ts';
import type { Device, HostTensor, SessionOptions } from './runtime.ts';
import { fromOrt, openSession, runtime, toOrt } from './runtime.ts';
import type { DeviceState, State } from './state.ts';

/**
 * A graph made runnable on a device. `run` feeds the named inputs, reads and replaces the state tensors, and returns the
 * named outputs in host memory. A session may run on any state that has the tensors it names. onnxruntime-node runs on
 * the calling thread: a run blocks this process for as long as it takes. On webgpu, dispose a session only after every
 * state that it has updated: the buffers die with the session that made them.
 */
export interface Session {
  readonly device: Device;
  run(feeds: Readonly<Record<string, HostTensor>>, state?: State): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

export async function createSession(
  graph: Graph,
  device: Device,
  options: SessionOptions = {},
): Promise<Session> {
  const model = lower(graph, { stateOnHost: device === 'cpu' });
  const ort = await runtime();
  const session = await openSession(model.bytes, device, {
    ...options,
    outputsOnDevice: Object.values(model.updates),
  });
  return {
    device,
    run: async (feeds, state) => {
      const held = state as DeviceState | undefined;
      if (held === undefined && model.states.length > 0)
        throw new AppError('internal', `The graph needs the state ${model.states.join(', ')}.`);
      const fed = toFeeds(ort, feeds, model.inputs);
      for (const name of model.states) fed[name] = held!.feed(name);
      for (const stretch of model.stretches) fed[stretch.input] = held!.stretch(stretch);
      const fetches: Record<string, Ort.Tensor | null> = {};
      for (const name of model.outputs) fetches[name] = null;
      for (const { output } of model.rows) fetches[output] = null;
      for (const [name, output] of Object.entries(model.updates))
        fetches[output] = model.inPlace.has(name) ? held!.feed(name) : held!.spare(name);
      const results = await session.run(fed, fetches);
      for (const [name, output] of Object.entries(model.updates)) {
        const own = fetches[output] ?? null;
        if (!model.inPlace.has(name)) held!.advance(name, own ?? results[output]!);
        if (own !== null) discard(results[output]!);
      }
      for (const { state: name, ids, output } of model.rows) {
        held!.replaceRows(name, feeds[ids]!, fromOrt(results[output]!));
        discard(results[output]!);
      }
      return Object.fromEntries(model.outputs.map((name) => [name, fromOrt(results[name]!)]));
    },
    dispose: () => session.release(),
  };
}

/**
 * onnxruntime-node 1.30 writes into the tensor that it is given and returns a copy of it all the same. Freed at once, its
 * memory serves the next run; left to the collector, the copies of a few training steps bring on a full collection.
 */
function discard(copy: Ort.Tensor): void {
  const { buffer } = copy.data as Exclude<typeof copy.data, string[]>;
  if (buffer instanceof ArrayBuffer && 'transfer' in buffer) buffer.transfer(0);
}

/** Opens an exported model, whose only inputs are its feeds, from its bytes or from the path of its file. */
export async function openModel(
  source: Uint8Array | string,
  device: Device,
  options: SessionOptions = {},
): Promise<Session> {
  const ort = await runtime();
  const session = await openSession(source, device, options);
  return {
    device,
    run: async (feeds) => {
      const results = await session.run(toFeeds(ort, feeds, session.inputNames));
      return Object.fromEntries(session.outputNames.map((name) => [name, fromOrt(results[name]!)]));
    },
    dispose: () => session.release(),
  };
}

function toFeeds(
  ort: typeof Ort,
  feeds: Readonly<Record<string, HostTensor>>,
  names: readonly string[],
): Record<string, Ort.Tensor> {
  const fed: Record<string, Ort.Tensor> = {};
  for (const name of names) {
    const feed = feeds[name];
    if (feed === undefined) throw new AppError('internal', `The graph was not fed ${name}.`);
    fed[name] = toOrt(ort, feed);
  }
  return fed;
}
