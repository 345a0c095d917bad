import type { Random } from '../../base/random.ts';
import type { Device, HostTensor } from '../../onnx/runtime.ts';
import type { Value } from '../../tensor/graph.ts';
import { input, sizeOf, state } from '../../tensor/graph.ts';
import { concat, mul, reshape, window } from '../../tensor/ops.ts';
import type { Dropout } from './network.ts';

/**
 * Dropout masks are stretches of one pool of random zeros and 1 / keep. On the cpu they are fed, as views of it that nobody
 * copies; a GPU keeps the pool in its state and is fed where each stretch starts.
 */
export interface MaskPool {
  /** What the state of the network holds of it. */
  readonly state: Readonly<Record<string, HostTensor>>;
  /** A random stretch for each mask of a step. */
  feeds(sizes: readonly number[], random: Random): Record<string, HostTensor>;
}

export const POOL_SIZE = 1 << 22;
const LARGEST_MASK = POOL_SIZE / 2;

export function createMaskPool(rate: number, device: Device, random: Random): MaskPool {
  const stream = random.derive('noise');
  const keep = 1 / (1 - rate);
  const data = new Float32Array(POOL_SIZE);
  if (rate > 0) for (let i = 0; i < POOL_SIZE; i++) data[i] = stream.next() < rate ? 0 : keep;
  const feed = device === 'cpu' ? viewOf(data) : placeOf;
  return {
    state: device === 'cpu' ? {} : { noise: { dtype: 'f32', shape: [POOL_SIZE], data } },
    feeds: (sizes, draw) =>
      Object.fromEntries(sizes.flatMap((size, i) => feed(`noise${i}`, draw.int(POOL_SIZE - size), size))),
  };
}

/**
 * Dropout at this rate, whose masks have the sizes that it adds to `sizes`. A value larger than half of the pool has several
 * masks side by side, so that there is always somewhere to start.
 */
export function pooledDropout(rate: number, device: Device, sizes: number[]): Dropout {
  if (rate === 0) return (value) => value;
  const read = (size: number): Value => {
    const name = `noise${sizes.length}`;
    sizes.push(size);
    if (device === 'cpu') return input(name, 'f32', [size]);
    const at = (end: string): Value => input(`${name}.${end}`, 'i64', [1]);
    return window(state('noise', 'f32', [POOL_SIZE]), at('start'), at('end'), size);
  };
  return (value) => {
    const size = sizeOf(value.shape);
    const whole = Math.floor(size / LARGEST_MASK);
    const masks = Array.from({ length: whole }, () => read(LARGEST_MASK));
    if (size > whole * LARGEST_MASK) masks.push(read(size - whole * LARGEST_MASK));
    return mul(value, reshape(concat(masks, 0), value.shape));
  };
}

type Feed = (name: string, start: number, size: number) => [string, HostTensor][];

function viewOf(pool: Float32Array): Feed {
  return (name, start, size) => [
    [name, { dtype: 'f32', shape: [size], data: pool.subarray(start, start + size) }],
  ];
}

const placeOf: Feed = (name, start, size) => [
  [`${name}.start`, long(start)],
  [`${name}.end`, long(start + size)],
];

function long(n: number): HostTensor {
  return { dtype: 'i64', shape: [1], data: BigInt64Array.of(BigInt(n)) };
}
