import { type MessagePort, Worker } from 'node:worker_threads';
import { AppError, toAppError } from '../base/error.ts';
import type { TrainOptions } from './student.ts';
import type { CrfWork } from './tagger/crf.ts';
import { type PackedTagger, type TaggerLesson, trainPacked } from './tagger/train.ts';
import { type ClassShare, type ClassWeights, trainShare } from './wide/linear.ts';

/**
 * Threads of a training: what is plain numbers, and needs nothing of its neighbours, is learned beside them. The same is
 * learned with and without threads. They hold no memory between two pieces of work but their own.
 */
export interface Threads {
  /** Threads that work at once, at most. */
  readonly count: number;
  /** A thread that nobody else has; they are lent in the order in which they were asked for. */
  borrow(): Promise<Thread>;
  /** Ends all threads. What they were at fails; the next borrower gets a new one. */
  close(): void;
}

export interface Thread {
  run<K extends keyof Work>(
    kind: K,
    input: Work[K][0],
    onProgress?: CrfWork['progress'],
  ): Promise<Work[K][1]>;
  giveBack(): void;
}

/** Kinds of work: what is given and what comes back. */
export interface Work {
  classes: [ClassShare, ClassWeights];
  tagger: [TaggerLesson, PackedTagger];
}

type FromThread =
  | { readonly kind: 'progress'; readonly fraction: number; readonly loss: number }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * What a thread reads into flat numbers is rubbish soon after: with as much room for it as is usual, half of what a thread
 * took was rubbish, for the same processor time.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

/** @param entry the program of a thread: it calls `serveThread`. @param count threads at most. */
export function openThreads({ entry, count }: NonNullable<TrainOptions['threads']>): Threads {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const waiting: (() => void)[] = [];
  let lent = 0;
  const drop = (worker: Worker): void => {
    all.delete(worker);
    void worker.terminate();
  };
  const lend = (): Thread => {
    let worker: Worker | null = null;
    return {
      run: async (kind, input, onProgress) => {
        worker ??= idle.pop() ?? new Worker(entry, { name: 'training', resourceLimits });
        all.add(worker);
        try {
          return await ask(worker, { kind, input }, onProgress);
        } catch (thrown) {
          drop(worker);
          worker = null;
          throw thrown;
        }
      },
      giveBack: () => {
        if (worker !== null && all.has(worker)) idle.push(worker);
        // Handed over rather than freed: whoever asks in this same turn must not get in between.
        const next = waiting.shift();
        if (next === undefined) lent--;
        else next();
      },
    };
  };
  return {
    count,
    borrow: async () => {
      if (lent < count) lent++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return lend();
    },
    close: () => {
      idle.length = 0;
      for (const worker of all) drop(worker);
    },
  };
}

function ask<T>(worker: Worker, message: unknown, onProgress: CrfWork['progress'] | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (said: FromThread): void => {
      if (said.kind === 'progress') {
        onProgress?.(said.fraction, said.loss);
        return;
      }
      settle();
      if (said.kind === 'done') resolve(said.value as T);
      else reject(new AppError('internal', said.message));
    };
    const onError = (thrown: unknown): void => {
      settle();
      reject(toAppError(thrown));
    };
    const onExit = (): void => {
      settle();
      reject(new AppError('cancelled', 'A thread of the training was ended.'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(message);
  });
}

/** The thread's side: does what it is asked for, one piece of work after the other. */
export function serveThread(port: MessagePort): void {
  const send = (message: FromThread, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const work: { [K in keyof Work]: (input: Work[K][0]) => Promise<Work[K][1]> } = {
    classes: trainShare,
    tagger: (lesson) =>
      trainPacked(lesson, {
        pause: async () => {},
        progress: (fraction, loss) => send({ kind: 'progress', fraction, loss }),
      }),
  };
  port.on('message', async ({ kind, input }: { kind: keyof Work; input: never }) => {
    try {
      const value = await work[kind](input);
      const largest = 'weights' in value ? value.weights : value.crf.emissions;
      send({ kind: 'done', value }, [largest.buffer as ArrayBuffer]);
    } catch (thrown) {
      send({ kind: 'failed', message: toAppError(thrown).message });
    }
  });
}
