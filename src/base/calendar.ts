/**
 * How days and months are called in the languages that write in Latin letters and are most often met in prompts, from
 * the runtime's own Unicode data (ECMA-402). Names are in small letters.
 */
export const languages = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'pl'];

/** A month's number, 0 for January, by its name as it stands in a date ("3 stycznia"). */
export const monthNames: ReadonlyMap<string, number> = named(12, (language) => {
  const format = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', timeZone: 'UTC' });
  return (month) => partOf(format, 'month', Date.UTC(2026, month, 15));
});

/** A day's number in the week, 0 for Sunday. */
export const weekdayNames: ReadonlyMap<string, number> = named(7, (language) => {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  // The first of November 2026 is a Sunday.
  return (day) => partOf(format, 'weekday', Date.UTC(2026, 10, 1 + day));
});

/** Numbers from `first` on by the names that a language gives them, in small letters; of two languages' the first counts. */
export function named(
  count: number,
  namesOf: (language: string) => (index: number) => string,
  first = 0,
): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const language of languages) {
    const nameOf = namesOf(language);
    for (let i = 0; i < count; i++) {
      const name = nameOf(i).toLowerCase();
      if (!names.has(name)) names.set(name, first + i);
    }
  }
  return names;
}

function partOf(format: Intl.DateTimeFormat, type: 'month' | 'weekday', time: number): string {
  return format.formatToParts(time).find((part) => part.type === type)?.value ?? '';
}
