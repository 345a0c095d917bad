import { monthNames, numbered, weekdayNames } from '../base/calendar.ts';
import { numberWords } from './numbers.ts';

/** How days are called by their distance from today, in the languages of `base/calendar.ts` and from the same source. */

/** Days from today by what they are called: "gestern" is -1, "pasado mañana" 2. */
export const dayNames = numbered(
  [
    'day before yesterday|yesterday|today|tomorrow|day after tomorrow',
    'vorgestern|gestern|heute|morgen|übermorgen',
    "avant-hier|hier|aujourd'hui|demain|après-demain",
    'anteayer|ayer|hoy|mañana|pasado mañana',
    "l'altro ieri|ieri|oggi|domani|dopodomani",
    'anteontem|ontem|hoje|amanhã|depois de amanhã',
    'eergisteren|gisteren|vandaag|morgen|overmorgen',
    'i förrgår|i går|i dag|i morgon|i övermorgon',
    'i forgårs|i går|i dag|i morgen|i overmorgen',
    'przedwczoraj|wczoraj|dzisiaj|jutro|pojutrze',
  ].map((names) => names.split('|')),
  -2,
);

/** One, few and many have words of their own. */
const counts: readonly (readonly [each: number, ways: string])[] = [
  [1, 'in # day|in # days|in # tag|in # tagen|dans # jour|dans # jours|dentro de # día|dentro de # días'],
  [1, 'tra # giorno|tra # giorni|em # dia|em # dias|over # dag|over # dagen|om # dag|om # dagar|om # dage'],
  [1, 'om # døgn|za # dzień|za # dni'],
  [-1, '# day ago|# days ago|vor # tag|vor # tagen|il y a # jour|il y a # jours|hace # día|hace # días'],
  [-1, '# giorno fa|# giorni fa|há # dia|há # dias|# dag geleden|# dagen geleden|för # dag sedan'],
  [-1, 'för # dagar sedan|for # dag siden|for # dage siden|for # døgn siden|# dzień temu|# dni temu'],
  [7, 'in # week|in # weeks|in # woche|in # wochen|dans # semaine|dans # semaines|dentro de # semana'],
  [
    7,
    'dentro de # semanas|tra # settimana|tra # settimane|em # semana|em # semanas|over # week|over # weken',
  ],
  [7, 'om # vecka|om # veckor|om # uge|om # uger|om # uke|om # uker|za # tydzień|za # tygodnie|za # tygodni'],
  [-7, '# week ago|# weeks ago|vor # woche|vor # wochen|il y a # semaine|il y a # semaines|hace # semana'],
  [
    -7,
    'hace # semanas|# settimana fa|# settimane fa|há # semana|há # semanas|# week geleden|# weken geleden',
  ],
  [
    -7,
    'för # vecka sedan|för # veckor sedan|for # uge siden|for # uger siden|for # uke siden|for # uker siden',
  ],
  [-7, '# tydzień temu|# tygodnie temu|# tygodni temu'],
];

/** "in # tagen", "il y a # semaines": how many days each of so many is, back where it is negative. */
export const dayCounts: ReadonlyMap<string, number> = new Map(
  counts.flatMap(([each, ways]) => ways.split('|').map((way) => [way, each] as const)),
);

const names = [...weekdayNames.keys(), ...monthNames.keys()];

/** With what every date begins: looking for dates in a long text takes long, and few words begin one. */
export const dateBegins = new RegExp(`^(?:\\d|(?:${firstWords().join('|')})(?![\\p{L}\\p{M}]))`, 'iu');

function firstWords(): string[] {
  const phrases = [...names, ...dayNames.keys(), ...dayCounts.keys()];
  return [
    ...'a an at beginning by coming day end first in last next on sept start the this tonight'.split(' '),
    ...Object.keys(numberWords),
    ...names.map((name) => name.slice(0, 3)),
    ...phrases.flatMap((phrase) => /^\p{L}+/u.exec(phrase) ?? []),
  ];
}
