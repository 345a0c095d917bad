/** How long one must watch before silence can mean anything: a full cycle of what the capability is about. */
export interface Cycle {
  readonly days: number;
  /** The word that makes it seasonal; null for the ordinary business cycle. */
  readonly word: string | null;
}

/** Silence shorter than this is a coverage signal: two weekly cycles look alike by chance, nearly three seldom do. */
const ORDINARY: Cycle = { days: 20, word: null };

const seasons: readonly (readonly [RegExp, number])[] = [
  [
    /^(christmas|xmas|easter|halloween|thanksgiving|ramadan|diwali|holiday|holidays|annual|annually|yearly|summer|winter|autumn|birthday|tax|taxes|w2|w-2|graduation|enrollment|renewal|anniversary)$/,
    365,
  ],
  [/^(quarter|quarterly|q1|q2|q3|q4)$/, 92],
  [/^(monthly|payday|payroll|rent|statement)$/, 31],
];

/** The cycle of a capability, guessed from the words of its name. */
export function cycleOf(name: string): Cycle {
  const words = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}-]+/u);
  for (const [pattern, days] of seasons) {
    const word = words.find((candidate) => pattern.test(candidate));
    if (word !== undefined) return { days, word };
  }
  return ORDINARY;
}
