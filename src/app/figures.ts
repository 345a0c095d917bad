import type { LiveState } from '../protocol.ts';
import type { Usage } from '../traces/store.ts';

/** Numbers read from the index and the gateway at each refresh; everything else in the state comes from files. */
export interface Figures {
  readonly total: number;
  readonly today: number;
  readonly bytes: number;
  readonly shed: number;
  readonly live: ReadonlyMap<string, LiveState>;
  /** Task -> why its student was taken off. */
  readonly rolledBack: ReadonlyMap<string, string>;
  /** Task -> tokens that its teacher took, by model. */
  readonly usage: ReadonlyMap<string, readonly Usage[]>;
}

export const noFigures: Figures = {
  total: 0,
  today: 0,
  bytes: 0,
  shed: 0,
  live: new Map(),
  rolledBack: new Map(),
  usage: new Map(),
};
