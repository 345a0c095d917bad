import { readdirSync, readFileSync } from 'node:fs';

/** Samples the memory of a process and of all that it starts, by /proc; figures are NaN where there is none. */
export interface MemoryWatch {
  /** Ends the watch. MB of the largest process at its peak, and of all processes at once. */
  stop(): { readonly largest: number; readonly together: number };
}

export function watchMemory(pid: number, everyMs = 250): MemoryWatch {
  let largest = Number.NaN;
  let together = Number.NaN;
  const look = (): void => {
    const tree = descendants(pid);
    const sizes = tree.map((each) => statusOf(each)).filter((size) => size !== null);
    if (sizes.length === 0) return;
    largest = Math.max(Number.isNaN(largest) ? 0 : largest, ...sizes.map((size) => size.peak));
    const now = sizes.reduce((sum, size) => sum + size.now, 0);
    together = Math.max(Number.isNaN(together) ? 0 : together, now);
  };
  const timer = setInterval(look, everyMs);
  look();
  return {
    stop: () => {
      clearInterval(timer);
      return { largest: largest / 1024, together: together / 1024 };
    },
  };
}

function descendants(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const name of listing()) {
    const parent = parentOf(Number(name));
    if (parent !== null) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(childrenOf.get(pid) ?? []));
  return found;
}

function listing(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // Not a Linux machine: nothing is known.
    return [];
  }
}

function parentOf(pid: number): number | null {
  const text = read(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[1] === undefined ? null : Number(fields[1]);
}

/** Kilobytes in use now and at most so far. */
function statusOf(pid: number): { now: number; peak: number } | null {
  const text = read(`/proc/${pid}/status`);
  const of = (name: string): number | null => {
    const found = text === null ? null : new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
    return found === null ? null : Number(found[1]);
  };
  const [now, peak] = [of('VmRSS'), of('VmHWM')];
  return now === null || peak === null ? null : { now, peak };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process is gone.
    return null;
  }
}
