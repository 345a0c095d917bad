/** Longest stretch of work between two turns of the event loop, milliseconds: the editor shares it. */
export const SLICE_MS = 8;

/** Calls `work` for every item, within `begin` and `end`, which are called anew for each slice of time. */
export async function inSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  { begin, end }: { readonly begin: () => void; readonly end: () => void },
): Promise<void> {
  let until = performance.now() + SLICE_MS;
  begin();
  try {
    for (const item of items) {
      work(item);
      if (performance.now() < until) continue;
      end();
      await new Promise((resolve) => setImmediate(resolve));
      begin();
      until = performance.now() + SLICE_MS;
    }
  } finally {
    end();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
