import { lineRoom, writeLine } from './line.ts';

const BATCH_BYTES = 1 << 20;

/** Lines on their way to the disk, as the bytes that they become there: texts that wait are the garbage collector's business. */
export interface LineBatch {
  /** Null: there is no room for it. Otherwise its bytes, and `settle` will hear what became of it. */
  add(json: string, settle: (outcome: 'stored' | 'shed') => void): number | null;
  readonly lines: number;
  /** What was added so far. */
  bytes(): Buffer;
  /** Says what became of the lines; the batch is empty then and may be used again. */
  settle(outcome: 'stored' | 'shed'): void;
}

/** An empty batch that has room for this line at least. */
export function createLineBatch(json: string): LineBatch {
  const memory = Buffer.allocUnsafeSlow(Math.max(BATCH_BYTES, lineRoom(json)));
  let waiting: ((outcome: 'stored' | 'shed') => void)[] = [];
  let used = 0;
  return {
    add: (text, settle) => {
      if (used + lineRoom(text) > memory.length) return null;
      const from = used;
      used = writeLine(memory, used, text);
      waiting.push(settle);
      return used - from;
    },
    get lines() {
      return waiting.length;
    },
    bytes: () => memory.subarray(0, used),
    settle: (outcome) => {
      const settled = waiting;
      waiting = [];
      used = 0;
      for (const settle of settled) settle(outcome);
    },
  };
}
