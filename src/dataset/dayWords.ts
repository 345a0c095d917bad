import { languages, named } from '../base/calendar.ts';

/** How days are called by their distance from today, in the languages of `base/calendar.ts` (ECMA-402). */

/** Days from today by what they are called: "gestern" is -1, "pasado mañana" 2. */
export const dayNames: ReadonlyMap<string, number> = named(
  5,
  (language) => {
    const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    return (i) => format.format(i - 2, 'day').replaceAll('’', "'");
  },
  -2,
);

/** "in 3 Tagen", "il y a 2 semaines": what matches names a number of spans of so many days, back where it is negative. */
export const dayCounts: readonly { readonly pattern: RegExp; readonly days: number }[] = languages.flatMap(
  (language) => {
    const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
    return (
      [
        ['day', 1],
        ['week', 7],
      ] as const
    ).flatMap(([unit, days]) =>
      [1, 3, 5].flatMap((count) =>
        [1, -1].map((sign) => {
          const words = format
            .format(sign * count, unit)
            .toLowerCase()
            .replaceAll('.', '\\.');
          return {
            pattern: new RegExp(`^${words.replace(String(count), '(\\d+)')}$`, 'u'),
            days: sign * days,
          };
        }),
      ),
    );
  },
);
