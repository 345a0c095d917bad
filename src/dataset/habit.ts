import { type Frame, isTransparent, jsonFrame } from './frame.ts';
import { decimalsOf, numberLiterals } from './literals.ts';
import type { TextStyle } from './plan.ts';
import { plainStyle, writeJson } from './style.ts';

/** A text with the path its values have: '' for answers, the tool's name for arguments. */
export interface Written {
  readonly text: string;
  readonly scope: string;
}

/** Enough texts to tell a habit by. */
const judged = 400;

const oneLine: readonly Partial<TextStyle>[] = [',', ', '].flatMap((itemSeparator) =>
  [':', ': ', ' : '].flatMap((keySeparator) =>
    ['', ' '].map((padding) => ({ itemSeparator, keySeparator, padding })),
  ),
);
const severalLines: readonly Partial<TextStyle>[] = ['  ', '    ', '\t', ' ', '   '].flatMap((indent) =>
  [': ', ':'].flatMap((keySeparator) => [false, true].map((inline) => ({ indent, keySeparator, inline }))),
);

/**
 * The habit in which the most of these JSON texts are written, frame included. A text that several habits write alike
 * counts for each of them. null where fewer than `least` can be read in that frame or a transparent one.
 */
export function jsonStyle(texts: readonly Written[], least = 0.9): TextStyle | null {
  const framed = texts.flatMap(({ text, scope }) => {
    const frame = jsonFrame(text);
    return frame === null ? [] : [{ ...frame, scope }];
  });
  const some = spread(framed);
  if (some.length === 0) return null;
  const decimals = decimalsOf(some.flatMap(({ body, scope }) => numberLiterals(body, scope)));
  const votes = new Map<string, { style: TextStyle; count: number }>();
  for (const frame of some) {
    for (const style of stylesOf(frame, decimals)) {
      const { decimals: _, ...rest } = style;
      const key = JSON.stringify(rest);
      const vote = votes.get(key) ?? { style, count: 0 };
      votes.set(key, { style, count: vote.count + 1 });
    }
  }
  const best = [...votes.values()].reduce<{ style: TextStyle; count: number } | null>(
    (most, vote) => (most === null || vote.count > most.count ? vote : most),
    null,
  );
  if (best === null) return null;
  const { prefix, suffix } = best.style;
  const readable = framed.filter(
    (frame) =>
      (frame.prefix === prefix && frame.suffix === suffix) ||
      (isTransparent(frame) && isTransparent(best.style)),
  );
  return readable.length >= least * texts.length ? best.style : null;
}

/** Every habit that writes this text, the most usual first. */
function stylesOf(frame: Frame & { scope: string }, decimals: Readonly<Record<string, number>>): TextStyle[] {
  const habits = frame.body.includes('\n') ? severalLines : [...oneLine, ...severalLines];
  const frameOnly: TextStyle = {
    ...plainStyle,
    format: 'json',
    prefix: frame.prefix,
    suffix: frame.suffix,
    decimals,
  };
  return [false, true].flatMap((asciiOnly) =>
    habits
      .map((habit): TextStyle => ({ ...frameOnly, ...habit, asciiOnly }))
      .filter((style) => writeJson(frame.value, style, frame.scope) === frame.body),
  );
}

export function spread<T>(items: readonly T[], most = judged): readonly T[] {
  if (items.length <= most) return items;
  const step = items.length / most;
  return Array.from({ length: most }, (_, i) => items[Math.floor(i * step)]!);
}
