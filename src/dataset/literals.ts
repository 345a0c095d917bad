import type { Json } from '../base/json.ts';

/** How numbers are spelled: JSON tells 123 and 123.0 apart only by their digits. */

/** A number of a JSON text as it is written, with its path: `total`, `items[].price`. */
export interface Literal {
  readonly path: string;
  readonly text: string;
}

/** The number in JSON with at least so many decimals: 12.5 and 2 give 12.50. */
export function writeNumber(value: number, decimals: number): string {
  const text = JSON.stringify(value);
  if (decimals === 0 || /e/iu.test(text)) return text;
  const given = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  return given >= decimals ? text : (given === 0 ? `${text}.` : text) + '0'.repeat(decimals - given);
}

/** The numbers of a valid JSON text in order. @param scope path of the whole text. */
export function numberLiterals(json: string, scope: string): Literal[] {
  const found: Literal[] = [];
  const path: string[] = [scope];
  const inArray: boolean[] = [];
  let key = '';
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]|-?\d[\d.eE+-]*/gu;
  const here = (): string => {
    const top = path.at(-1)!;
    if (inArray.at(-1) !== false) return inArray.length === 0 ? top : `${top}[]`;
    return top === '' ? key : `${top}.${key}`;
  };
  for (const { 0: text, index } of json.matchAll(token)) {
    if (text === '{' || text === '[') {
      path.push(here());
      inArray.push(text === '[');
    } else if (text === '}' || text === ']') {
      path.pop();
      inArray.pop();
    } else if (text.startsWith('"')) {
      if (/^\s*:/u.test(json.slice(index + text.length, index + text.length + 8))) key = JSON.parse(text);
    } else if (text !== ',') found.push({ path: here(), text });
  }
  return found;
}

/** More decimals than this are measurements, not a habit. */
const mostDecimals = 6;

/** The least number of decimals by path that explains most of its literals; paths that need none are left out. */
export function decimalsOf(literals: readonly Literal[]): Record<string, number> {
  const votes = new Map<string, number[]>();
  for (const { path, text } of literals) {
    const own = votes.get(path) ?? new Array<number>(mostDecimals + 1).fill(0);
    votes.set(path, own);
    const value = Number(text);
    for (let k = 0; k <= mostDecimals; k++) if (writeNumber(value, k) === text) own[k]!++;
  }
  const found: Record<string, number> = {};
  for (const [path, own] of votes) {
    const best = own.indexOf(Math.max(...own));
    if (best > 0) found[path] = best;
  }
  return found;
}

/** True for values that stand on one line even where objects are spread over several. */
export function isBare(value: Json): boolean {
  return value === null || typeof value !== 'object';
}
