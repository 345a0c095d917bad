import { languages, monthNames, named, weekdayNames } from '../base/calendar.ts';
import { words } from './numbers.ts';

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

/** "in # tagen", "il y a # semaines": how many days each of so many is, back where it is negative. */
export const dayCounts: ReadonlyMap<string, number> = new Map(
  languages.flatMap((language) => {
    const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
    const units = [
      ['day', 1],
      ['week', 7],
    ] as const;
    return units.flatMap(([unit, days]) =>
      // One, few and many have words of their own.
      [1, 3, 5].flatMap((count) =>
        [1, -1].map((sign): [string, number] => [
          format
            .format(sign * count, unit)
            .toLowerCase()
            .replace(String(count), '#'),
          sign * days,
        ]),
      ),
    );
  }),
);

const names = [...weekdayNames.keys(), ...monthNames.keys()];

/** With what every date begins: looking for dates in a long text takes long, and few words begin one. */
export const dateBegins = new RegExp(`^(?:\\d|(?:${firstWords().join('|')})(?![\\p{L}\\p{M}]))`, 'iu');

function firstWords(): string[] {
  const phrases = [...names, ...dayNames.keys(), ...dayCounts.keys()];
  return [
    ...'a an at by coming day in last next on sept the this tonight'.split(' '),
    ...Object.keys(words),
    ...names.map((name) => name.slice(0, 3)),
    ...phrases.flatMap((phrase) => /^\p{L}+/u.exec(phrase) ?? []),
  ];
}
