/**
 * Markup that is safe by construction: values in an `html` template are escaped unless they are markup themselves. A
 * number stays on one line with its percent sign.
 */
export interface Markup {
  readonly markup: string;
}

export type Content = Markup | string | number | null | readonly Content[];

export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return {
    markup: parts.reduce((text, part, i) => text + (i === 0 ? '' : write(values[i - 1] ?? null)) + part, ''),
  };
}

/** Text that is markup already: the charts. */
export function raw(markup: string): Markup {
  return { markup };
}

function write(value: Content): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string')
    return escapeText(value.replace(/(\d) %/g, '$1\u00a0%').replace(/≤ (?=\d)/g, '≤\u00a0'));
  return isList(value) ? value.map(write).join('') : value.markup;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function isList(value: Content): value is readonly Content[] {
  return Array.isArray(value);
}
