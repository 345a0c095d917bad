import os from 'node:os';
import type * as Ort from 'onnxruntime-node';
import type { DType, Numbers, Shape } from '../tensor/graph.ts';

/**
 * The only door to onnxruntime-node. The native library is loaded when first asked for, never on import, and with its
 * telemetry switched off: the variable must be in the environment before the library loads, and in the main thread.
 */
export type Device = 'cpu' | 'webgpu' | 'webgpu-f16';

/** Whether a device computes the matrix products of training in half precision: `webgpu-f16` is webgpu that does. */
export function isHalf(device: Device): boolean {
  return device === 'webgpu-f16';
}

/** A tensor in this process's memory, row-major. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: Numbers;
}

export interface SessionOptions {
  /** Threads of one op on the cpu; half the cores by default, because more of them only contend. */
  readonly threads?: number;
  /** Prefix of a profile file, for placementOf. */
  readonly profile?: string;
  /** Keeps the runtime's own complaints from the standard error output: for what is expected to fail on some machines. */
  readonly quiet?: boolean;
}

let loaded: Promise<typeof Ort> | null = null;

export function runtime(): Promise<typeof Ort> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  loaded ??= import('onnxruntime-node').then((module) => module.default as unknown as typeof Ort);
  return loaded;
}

export function defaultThreads(): number {
  return Math.max(1, Math.floor(os.availableParallelism() / 2));
}

const types = {
  f32: 'float32',
  f16: 'float16',
  i8: 'int8',
  i32: 'int32',
  i64: 'int64',
  bool: 'bool',
} as const;

export function toOrt(ort: typeof Ort, tensor: HostTensor): Ort.Tensor {
  return new ort.Tensor(types[tensor.dtype], tensor.data as never, tensor.shape);
}

/** Reads a tensor that lies in host memory. */
export function fromOrt(tensor: Ort.Tensor): HostTensor {
  const dtype = (Object.keys(types) as DType[]).find((key) => types[key] === tensor.type) ?? 'f32';
  return { dtype, shape: tensor.dims, data: tensor.data as Numbers };
}

export async function openSession(
  model: Uint8Array | string,
  device: Device,
  options: SessionOptions & { readonly outputsOnDevice?: readonly string[] },
): Promise<Ort.InferenceSession> {
  const ort = await runtime();
  const onDevice = options.outputsOnDevice ?? [];
  const settings: Ort.InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : ['webgpu', 'cpu'],
    intraOpNumThreads: options.threads ?? defaultThreads(),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // An arena keeps the most that its session ever used, and training has a session per length of input: with arenas
    // two networks held 2.4 GB where 0.8 GB are enough, for 7 % less processor time.
    enableCpuMemArena: false,
    logSeverityLevel: options.quiet === true ? 4 : 3,
    // Waiting threads sleep instead of spinning: beside other work on the machine a step takes two thirds of the time, and a
    // student that serves leaves the processor alone between calls.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...(device !== 'cpu' && onDevice.length > 0
      ? { preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const])) }
      : {}),
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  };
  // Two overloads take the two kinds of source.
  return typeof model === 'string'
    ? ort.InferenceSession.create(model, settings)
    : ort.InferenceSession.create(model, settings);
}
