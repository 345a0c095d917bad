import { isFunctionWord } from './functionWords.ts';
import { meaningOf } from './wordnet.ts';

/** Words that are looked at: enough to tell, whatever the traffic. */
const mostWords = 20_000;
/** Share of the words that the table must know: of English it knows four fifths, of its neighbours a fourth. */
const leastKnown = 0.6;

/** Whether texts are English: in another language, what WordNet says of a word is wrong or nothing. */
export function isEnglish(texts: Iterable<string>): boolean {
  let words = 0;
  let known = 0;
  for (const text of texts) {
    for (const [word] of text
      .slice(0, 4000)
      .toLowerCase()
      .matchAll(/\p{L}{3,}/gu)) {
      words++;
      if (isFunctionWord(word) || meaningOf(word) !== null) known++;
    }
    if (words > mostWords) break;
  }
  return known > leastKnown * words;
}
