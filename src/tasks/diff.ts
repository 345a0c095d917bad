/** Line diffs, as people know them from version control. */

interface Hunk {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

const CONTEXT = 2;
/** Beyond this many changed lines on both sides (product) everything between is shown as replaced. */
const CELLS = 4_000_000;

/** Unified diff of two texts without file headers; '' for equal texts. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return '';
  const hunks = lineDiff(before.split('\n'), after.split('\n'));
  const near = hunks.map((_, i) =>
    hunks.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((hunk) => hunk.sign !== ' '),
  );
  const out: string[] = [];
  let [old, fresh] = [1, 1];
  hunks.forEach(({ sign, line }, i) => {
    if (near[i] && !near[i - 1]) out.push(`@@ -${old} +${fresh} @@`);
    if (near[i]) out.push(`${sign}${line}`);
    if (sign !== '+') old++;
    if (sign !== '-') fresh++;
  });
  return out.join('\n');
}

function lineDiff(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (head + tail < a.length && head + tail < b.length && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const same = (line: string): Hunk => ({ sign: ' ', line });
  return [
    ...a.slice(0, head).map(same),
    ...changed(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

/** Longest common subsequence by dynamic programming. */
function changed(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  const removed = (line: string): Hunk => ({ sign: '-', line });
  const added = (line: string): Hunk => ({ sign: '+', line });
  if (a.length * b.length === 0 || a.length * b.length > CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  const out: Hunk[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ sign: ' ', line: a[i]! });
      i++;
      j++;
    } else if (
      i < a.length &&
      (j === b.length || longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)
    ) {
      out.push(removed(a[i++]!));
    } else out.push(added(b[j++]!));
  }
  return out;
}
