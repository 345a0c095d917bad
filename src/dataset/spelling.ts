/** Longer answers are sentences: two of them that differ in a capital are seldom one label. */
const longestLabel = 60;
/** The newest answers of a label that tell how it is spelled today, and how many of them must agree. */
const newest = 20;
const leastAgreeing = 0.9;

/**
 * How the teacher spells its labels today. A new model behind the same name may turn "Positive" into "positive": the
 * label is the same, older answers only wear another spelling. Labels that are spelled in several ways at the same time
 * stay apart, for then the spelling may mean something.
 * @param texts the answers, oldest first; null where an answer is no text
 * @returns today's spelling of an answer; the answer itself where it has not changed
 */
export function todaysSpelling(texts: readonly (string | null)[]): (text: string) => string {
  const groups = new Map<string, string[]>();
  for (const text of texts) {
    if (text === null || text.length > longestLabel || /^\s*[[{]/.test(text)) continue;
    const key = fold(text);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [text]);
    else group.push(text);
  }
  const today = new Map<string, string>();
  for (const group of groups.values()) {
    const last = group.slice(-newest);
    const spelling = last.at(-1)!;
    const agreeing = last.filter((text) => text === spelling).length;
    if (last.length < newest || agreeing < leastAgreeing * last.length) continue;
    for (const text of new Set(group)) if (text !== spelling) today.set(text, spelling);
  }
  return (text) => today.get(text) ?? text;
}

/** Case, white space around and a stop at the end do not make another label. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .trim()
    .replace(/[.!。]+$/u, '');
}
