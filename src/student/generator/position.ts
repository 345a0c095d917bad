import type { State } from '../../onnx/state.ts';
import type { CheckpointStore } from '../checkpoint.ts';
import { average } from './trainer.ts';

/** Where a training is. */
export interface Position {
  step: number;
  /** Loss sum at the last look, and its step. */
  loss: number;
  looked: number;
  /** Of the best look. */
  best: number;
  bestLoss: number;
  worse: number;
  kept: Float32Array | null;
  done: boolean;
}

/** Keeps the parameters of the best look. */
export async function judge(
  position: Position,
  seen: { loss: number; exact: number },
  state: State,
): Promise<void> {
  const better =
    seen.exact > position.best || (seen.exact === position.best && seen.loss < position.bestLoss);
  position.worse = better || seen.loss < position.bestLoss ? 0 : position.worse + 1;
  position.bestLoss = Math.min(position.bestLoss, seen.loss);
  if (!better) return;
  position.best = seen.exact;
  position.kept = (await state.read([average]))[average]!.data as Float32Array;
}

/** All that a step changes; the random pool it only reads. */
const savedOf = (state: State): string[] => state.names.filter((one) => one !== 'noise');

/** The position of a checkpoint, its tensors written into the state; the beginning where there is none. */
export async function resume(state: State, store: CheckpointStore | null): Promise<Position> {
  const fresh: Position = {
    step: 0,
    loss: 0,
    looked: 0,
    best: -1,
    bestLoss: Number.MAX_VALUE,
    worse: 0,
    kept: null,
    done: false,
  };
  const found = store?.load(name) ?? null;
  if (found === null) return fresh;
  const saved = savedOf(state);
  const tensors = await state.read(saved);
  for (const key of saved) if (found.tensors[key]?.length !== tensors[key]!.data.length) return fresh;
  await state.write(
    Object.fromEntries(saved.map((key) => [key, { ...tensors[key]!, data: found.tensors[key]! }])),
  );
  const { done, ...numbers } = found.numbers;
  return { ...fresh, ...numbers, done: done === 1, kept: found.tensors['kept'] ?? null };
}

const name = 'generator';

export async function save(
  state: State,
  { kept, done, ...numbers }: Position,
  store: CheckpointStore,
): Promise<void> {
  const read = Object.entries(await state.read(savedOf(state)));
  const tensors = Object.fromEntries(read.map(([key, { data }]) => [key, data as Float32Array]));
  store.save(name, {
    numbers: { ...numbers, done: Number(done) },
    tensors: kept === null ? tensors : { ...tensors, kept },
  });
}
