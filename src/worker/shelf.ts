import { AppError } from '../base/error.ts';
import { loadStudent } from '../student/bundle.ts';
import type { ModelCard, Student } from '../student/student.ts';

/**
 * The students of a serving process. All of them can be asked at any time; where together they are large, those that
 * nobody asked for a while are closed, and opened again by the next call (some 50 ms, within any deadline). How long a while
 * is depends on how much is open.
 */
export interface Shelf {
  /** Opens a bundle and checks it; it takes the place of the task's student of before. */
  put(taskId: string, bundle: string): Promise<ModelCard>;
  take(taskId: string): Promise<void>;
  /** Runs `work` on a task's student, which stays open for as long as that takes. */
  use<T>(taskId: string, work: (student: Student) => Promise<T>): Promise<T>;
  /** Closes what nobody asks, longest idle first, until the rest has room; `spared` stays. */
  tidy(spared?: string): Promise<void>;
  /** Tasks whose students are open. */
  readonly open: readonly string[];
}

export interface ShelfOptions {
  /** Bytes of bundles that stay open though nobody asks. In memory a bundle takes about as much as on disk. */
  readonly room: number;
  /** Beyond the room, what nobody asked for this long is closed. */
  readonly idleMs: number;
  /** Before a student is opened that would make it more bytes than this, others that rest are closed. */
  readonly ceiling: number;
  /** What was asked within this time does not rest: opening students in turns would cost more than their memory is worth. */
  readonly restMs: number;
}

interface Place {
  readonly bundle: string;
  readonly card: ModelCard;
  /** null while closed. */
  student: Promise<Student> | null;
  /** Uses under way: a student that is busy is not closed. */
  busy: number;
  /** When it was last asked, on the monotonic clock. */
  askedMs: number;
}

export function createShelf({ room, idleMs, ceiling, restMs }: ShelfOptions): Shelf {
  const places = new Map<string, Place>();

  /** Closes what nobody asked for `ms`, longest idle first, until no more than `bytes` are open. */
  const shrink = async (bytes: number, ms: number, spared?: string): Promise<void> => {
    const open = [...places].filter(([, place]) => place.student !== null);
    let left = open.reduce((sum, [, { card }]) => sum + card.bytes, 0);
    const since = performance.now() - ms;
    const idle = open
      .filter(([taskId, { busy, askedMs }]) => taskId !== spared && busy === 0 && askedMs <= since)
      .sort(([, a], [, b]) => a.askedMs - b.askedMs);
    for (const [, place] of idle) {
      if (left <= bytes) return;
      left -= place.card.bytes;
      await close(place);
    }
  };
  const tidy = (spared?: string): Promise<void> => shrink(room, idleMs, spared);
  const reopened = async (place: Place): Promise<Student> => {
    await shrink(ceiling - place.card.bytes, restMs);
    return reopen(place);
  };

  return {
    get open() {
      return [...places].filter(([, { student }]) => student !== null).map(([taskId]) => taskId);
    },
    put: async (taskId, bundle) => {
      const student = await open(bundle);
      const before = places.get(taskId);
      const { card } = student;
      const askedMs = Number.NEGATIVE_INFINITY;
      places.set(taskId, { bundle, card, student: Promise.resolve(student), busy: 0, askedMs });
      if (before !== undefined) await close(before);
      await tidy(taskId);
      return card;
    },
    take: async (taskId) => {
      const place = places.get(taskId);
      places.delete(taskId);
      if (place !== undefined) await close(place);
    },
    use: async (taskId, work) => {
      const place = places.get(taskId);
      if (place === undefined) throw new AppError('not-found', `No student is loaded for ${taskId}.`);
      place.busy++;
      place.askedMs = performance.now();
      try {
        place.student ??= reopened(place);
        return await work(await place.student);
      } finally {
        place.busy--;
      }
    },
    tidy,
  };
}

async function open(bundle: string): Promise<Student> {
  const loaded = await loadStudent(bundle);
  if (loaded.ok) return loaded.value;
  throw new AppError('bundle-damaged', loaded.error.message, { next: 'Train the task again.' });
}

/** A bundle that could not be opened is tried anew by the next call. */
function reopen(place: Place): Promise<Student> {
  return open(place.bundle).catch((error: unknown) => {
    place.student = null;
    throw error;
  });
}

async function close(place: Place): Promise<void> {
  const { student } = place;
  place.student = null;
  await (await student)?.dispose();
}
