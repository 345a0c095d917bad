/**
 * How days and months are called in the languages that write in Latin letters and are most often met in prompts, in small
 * letters, as Unicode CLDR has them. They are written down, for the runtime's own change with its version and take long
 * to load: a student reads dates as it did when it was certified, and editor and gateway start without them.
 */
const months = [
  'january february march april may june july august september october november december',
  'januar februar märz april mai juni juli august september oktober november dezember',
  'janvier février mars avril mai juin juillet août septembre octobre novembre décembre',
  'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro',
  'januari februari maart april mei juni juli augustus september oktober november december',
  'januari februari mars april maj juni juli augusti september oktober november december',
  'januar februar marts april maj juni juli august september oktober november december',
  'januar februar mars april mai juni juli august september oktober november desember',
  'stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia',
];
const weekdays = [
  'sunday monday tuesday wednesday thursday friday saturday',
  'sonntag montag dienstag mittwoch donnerstag freitag samstag',
  'dimanche lundi mardi mercredi jeudi vendredi samedi',
  'domingo lunes martes miércoles jueves viernes sábado',
  'domenica lunedì martedì mercoledì giovedì venerdì sabato',
  'domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado',
  'zondag maandag dinsdag woensdag donderdag vrijdag zaterdag',
  'söndag måndag tisdag onsdag torsdag fredag lördag',
  'søndag mandag tirsdag onsdag torsdag fredag lørdag',
  'søndag mandag tirsdag onsdag torsdag fredag lørdag',
  'niedziela poniedziałek wtorek środa czwartek piątek sobota',
];

/** A month's number, 0 for January, by its name as it stands in a date ("3 stycznia"); English names first. */
export const monthNames = numbered(months.map((names) => names.split(' ')));

/** A day's number in the week, 0 for Sunday; English names first. */
export const weekdayNames = numbered(weekdays.map((names) => names.split(' ')));

/** Numbers from `first` on by the names that each language gives them; of two languages' the first counts. */
export function numbered(lists: readonly (readonly string[])[], first = 0): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const list of lists)
    list.forEach((name, i) => {
      if (!names.has(name)) names.set(name, first + i);
    });
  return names;
}
