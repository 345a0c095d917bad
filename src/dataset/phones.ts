/** Telephone numbers as people write them, in the one way that a teacher writes all of them (ITU-T E.164 and E.123). */

/** Calling codes that are tried for numbers without one, of where most written English and European numbers are from. */
export const callingCodes = '1 44 49 33 34 39 31 32 41 43 45 46 47 48 351 353 358 61 64 91'.split(' ');

/** "(555) 010-4477", "+1 555 0104477" as "+15550104477"; null where the text is no number. */
export function internationalNumber(text: string, code: string): string | null {
  const digits = digitsOf(text);
  if (digits === null) return null;
  if (text.startsWith('+')) return fits(`+${digits}`);
  if (digits.startsWith('00')) return fits(`+${digits.slice(2)}`);
  // North America has no zero to drop, and dials its own code.
  if (code === '1')
    return fits(digits.length === 11 && digits.startsWith('1') ? `+${digits}` : `+1${digits}`);
  return fits(`+${code}${digits.replace(/^0/u, '')}`);
}

/** Ten digits with their marks, # for each; null where there are not ten, a leading 1 aside. */
export function nationalNumber(text: string, form: string): string | null {
  const digits = digitsOf(text)?.replace(/^1(?=\d{10}$)/u, '');
  if (digits?.length !== 10) return null;
  let next = 0;
  return form.replace(/#/gu, () => digits[next++]!);
}

function digitsOf(text: string): string | null {
  return /^[+(]?\d[\d\s()./-]*\d$/u.test(text) ? text.replace(/\D/gu, '') : null;
}

function fits(number: string): string | null {
  return /^\+\d{7,15}$/u.test(number) ? number : null;
}
