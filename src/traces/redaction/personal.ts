/** Optional rules for personal data: found by shape, proved by their check digits where they have some. */
export interface PersonalRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** A character without which the rule cannot match. */
  readonly needs: '@' | 'digit';
  accept(text: string): boolean;
}

export const emailRule: PersonalRule = {
  name: 'email',
  pattern:
    /[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}/g,
  needs: '@',
  accept: () => true,
};

/** +country and national forms with separators; a bare run of digits is an id as often as a number, and stays. */
export const phoneRule: PersonalRule = {
  name: 'phone',
  pattern:
    /(?<![\w.+-])(?:\+\d[\d ().-]{6,20}\d|\(\d{2,5}\)[ -]?\d{3,4}[ .-]?\d{3,5}|\d{3}[ .-]\d{3}[ .-]\d{4}|0\d{1,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-]|\.\d)/g,
  needs: 'digit',
  accept: (text) => {
    const digits = text.replace(/\D/g, '').length;
    return digits >= 8 && digits <= 15;
  },
};

export const cardRule: PersonalRule = {
  name: 'card',
  pattern: /(?<![\d.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\d-]|\.\d)/g,
  needs: 'digit',
  accept: (text) => isCard(text.replace(/[ -]/g, '')),
};

export const ibanRule: PersonalRule = {
  name: 'iban',
  pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
  needs: 'digit',
  accept: (text) => isIban(text.replaceAll(' ', '')),
};

/** Check digit of ISO/IEC 7812-1 (Luhn 1960), 13 to 19 digits. */
export function isCard(digits: string): boolean {
  if (!/^\d{13,19}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let d = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) d = d > 4 ? 2 * d - 9 : 2 * d;
    sum += d;
  }
  return sum % 10 === 0;
}

/** ISO 13616: first four characters to the end, letters as 10 to 35, remainder 1 modulo 97. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
