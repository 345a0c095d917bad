/** Dates and times as people write them, read against the date that the prompt names. Pure calendar arithmetic in UTC. */

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const day = 86_400_000;

/** "next Friday", "tomorrow", "in 3 days", "26 Oct", "10/26/2026" as YYYY-MM-DD; null where the text is no date. */
export function isoDate(text: string, today: number | null): string | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^(on|by|at|this|the)\s+/u, '')
    .replace(/(\d)(st|nd|rd|th)\b/gu, '$1');
  const time = absolute(plain, today) ?? (today === null ? null : relative(plain, today));
  return time === null ? null : new Date(time).toISOString().slice(0, 10);
}

/** "5 pm", "17:30", "half past" is none: HH:MM; null where the text is no time. */
export function clockTime(text: string): string | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^at\s+/u, '');
  if (plain === 'noon') return '12:00';
  if (plain === 'midnight') return '00:00';
  const match = /^(\d{1,2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?$/u.exec(plain);
  if (match === null || (match[2] === undefined && match[3] === undefined)) return null;
  const late = match[3]?.startsWith('p') === true;
  const hour = match[3] === undefined ? Number(match[1]) : (Number(match[1]) % 12) + (late ? 12 : 0);
  return hour > 23 ? null : `${String(hour).padStart(2, '0')}:${match[2] ?? '00'}`;
}

/** The first date among the texts of a context, as the start of that day; null where there is none. */
export function contextDate(context: Readonly<Record<string, string>>): number | null {
  for (const value of Object.values(context)) {
    const plain = value.toLowerCase();
    const found = /\d{4}-\d{2}-\d{2}/u.exec(plain)?.[0] ?? plain.replace(/^[a-z]+day,?\s+/u, '').trim();
    const time = absolute(found, null);
    if (time !== null) return time;
  }
  return null;
}

function absolute(plain: string, today: number | null): number | null {
  const iso = /^(\d{4})-(\d{2})-(\d{2})/u.exec(plain);
  if (iso !== null) return at(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/u.exec(plain);
  if (slashed !== null) return at(Number(slashed[3]), Number(slashed[1]) - 1, Number(slashed[2]));
  const words = plain
    .replace(/[,.]/gu, ' ')
    .split(/\s+/u)
    .filter((word) => word !== 'of' && word !== 'the' && word !== '');
  const month = words.findIndex((word) => monthOf(word) >= 0);
  if (month < 0 || words.length < 2 || words.length > 3) return null;
  const numbers = words.filter((_, i) => i !== month).map(Number);
  if (numbers.some((n) => !Number.isInteger(n))) return null;
  const [date, year] = numbers[0]! > 31 ? [numbers[1], numbers[0]] : [numbers[0], numbers[1]];
  if (date === undefined) return null;
  if (year !== undefined) return at(year, monthOf(words[month]!), date);
  if (today === null) return null;
  const own = at(new Date(today).getUTCFullYear(), monthOf(words[month]!), date);
  return own !== null && own < today
    ? at(new Date(today).getUTCFullYear() + 1, monthOf(words[month]!), date)
    : own;
}

function relative(plain: string, today: number): number | null {
  const fixed: Readonly<Record<string, number>> = {
    today: 0,
    tonight: 0,
    tomorrow: 1,
    yesterday: -1,
    'day after tomorrow': 2,
  };
  const offset = fixed[plain];
  if (offset !== undefined) return today + offset * day;
  const ahead = /^(?:in )?(\d+) (day|week)s?(?: from now)?$/u.exec(plain);
  if (ahead !== null) return today + Number(ahead[1]) * (ahead[2] === 'week' ? 7 : 1) * day;
  const [, next, name] = /^(next |coming )?([a-z]+)$/u.exec(plain) ?? [];
  const wanted = weekdays.indexOf(name ?? '');
  if (wanted < 0) return null;
  const distance = (wanted - new Date(today).getUTCDay() + 7) % 7;
  return today + (distance === 0 && next !== undefined ? 7 : distance) * day;
}

function monthOf(word: string): number {
  return word.length < 3
    ? -1
    : months.findIndex(
        (month) => month === word || month.slice(0, 3) === word || (month === 'september' && word === 'sept'),
      );
}

function at(year: number, month: number, date: number): number | null {
  const time = Date.UTC(year, month, date);
  return new Date(time).getUTCMonth() === month ? time : null;
}
