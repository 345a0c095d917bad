/** 15412 -> "15,412". */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** 0.000194 -> "0.02 %": two significant digits, never more than needed. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent >= 10) return `${percent.toFixed(0)} %`;
  if (percent >= 1) return `${percent.toFixed(1).replace(/\.0$/, '')} %`;
  const digits = Math.min(6, 1 - Math.floor(Math.log10(percent)));
  return `${percent.toFixed(digits).replace(/0+$/, '').replace(/\.$/, '')} %`;
}

/** 0.00094 -> "$0.00094", 5 -> "$5", 1234.5 -> "$1,235". */
export function moneyText(dollars: number): string {
  if (dollars >= 100) return `$${countText(dollars)}`;
  if (dollars >= 1) return `$${dollars.toFixed(2).replace(/\.00$/, '')}`;
  if (dollars === 0) return '$0';
  const digits = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(dollars))));
  return `$${dollars.toFixed(digits).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}

/** "1 call", "2 calls", "15,412 calls". */
export function plural(count: number, noun: string): string {
  const word =
    Math.round(count) === 1
      ? noun
      : noun.endsWith('y') && !/[aeiou]y$/.test(noun)
        ? `${noun.slice(0, -1)}ies`
        : `${noun}s`;
  return `${countText(count)} ${word}`;
}
