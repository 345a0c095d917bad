/**
 * Which language is this text in? Our own small detector: the script decides where it can (Cyrillic, Greek, Arabic,
 * Hebrew, Devanagari, Thai, Hangul, Kana, Han), function words and telling letters decide among the main European
 * languages in Latin script. Made for telling traffic apart, not for single words: a text without function words of a
 * known language is 'unknown', and English is preferred where signs are few.
 * @returns an ISO 639-1 code, 'unknown', or 'other' for a script that is none of these.
 */
export function detectLanguage(text: string): string {
  const sample = text.length > MAX ? text.slice(0, MAX) : text;
  const script = scriptOf(sample);
  if (script !== 'latin') return script;
  return latin(sample.toLowerCase());
}

const MAX = 400;

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\u3040-\u30ff]/g, 'ja'],
  [/[\uac00-\ud7af\u1100-\u11ff]/g, 'ko'],
  [/[\u4e00-\u9fff\u3400-\u4dbf]/g, 'zh'],
  [/[\u0400-\u04ff]/g, 'ru'],
  [/[\u0370-\u03ff]/g, 'el'],
  [/[\u0600-\u06ff]/g, 'ar'],
  [/[\u0590-\u05ff]/g, 'he'],
  [/[\u0900-\u097f]/g, 'hi'],
  [/[\u0e00-\u0e7f]/g, 'th'],
];

function scriptOf(text: string): string {
  // Nearly everything is plain ASCII: one test instead of nine.
  if (!/[^\x00-\u024f\u2000-\u206f]/.test(text)) return /[a-z]{2}/i.test(text) ? 'latin' : 'unknown';
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return 'unknown';
  const latinLetters = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (latinLetters > letters / 2) return 'latin';
  for (const [pattern, language] of scripts) {
    const count = text.match(pattern)?.length ?? 0;
    // Japanese is Han with Kana strewn in; a few Kana tell.
    if (count >= (language === 'ja' ? 0.1 : 0.4) * letters)
      return language === 'ru' ? cyrillic(text) : language;
  }
  return 'other';
}

function cyrillic(text: string): string {
  if (/[іїєґ]/i.test(text)) return 'uk';
  return /ъ/i.test(text) && !/[ыэ]/i.test(text) ? 'bg' : 'ru';
}

/** Frequent function words; words shared by several languages stand in each and cancel out. */
const functionWords: Readonly<Record<string, string>> = {
  en: "the a an and of to in is are was were it that this for on with as at by from my me i you your we what how do does did can could will would should have has not please when where who which why there be been or if but about any some just so up out get am let tell set show find make give need want book play add one all new add call put i'm i'll it's don't what's",
  de: 'der die das und ist nicht ich ein eine einen einem einer zu mit auf den dem des für von wie was wann wo wer warum sie wir mein meine kann können bitte haben hat sind war auch noch nur mir mich es im am um bei nach aus oder wenn aber sich dass werden wird',
  fr: "le la les un une des et est je tu il elle nous vous que qui dans pour pas sur avec mon ma mes ce cette au aux du de en ne se quel quelle comment quand où pourquoi sont suis avez peux bonjour merci plus ou mais si son sa ses à j'ai c'est d'un l'",
  es: 'el la los las un una y es que de en por para con no mi me se lo su del al como cuándo cuando dónde donde qué cómo cuál quiero puedo está están hay muy más gracias hola favor ser son tengo tu te yo pero si este esta o',
  pt: 'o a os as um uma e é que de em por para com não meu minha me se do da dos das no na nos nas como quando onde qual quero posso está estão muito mais obrigado olá ser são tenho você eu mas ou isso ao',
  it: "il lo la i gli le un una e è che di in per con non mio mia mi si del della dei nel nella al come quando dove quale perché voglio posso sono sta più grazie ciao ho hai ma o questo questa cosa c'è dell'",
  nl: 'de het een en is niet ik je jij u wij we van in op te dat die voor met aan hoe wat waar wanneer wie waarom mijn kan kunt graag heb hebben heeft zijn was ook nog maar er om bij naar uit als of dit deze',
  pl: 'i w na z nie się jest to że do jak co gdzie kiedy dlaczego mój moja moje czy o po za dla od proszę mam masz są był była ale lub przez jestem chcę mogę ten ta',
  sv: 'och i att det som en ett är på jag du inte för med av den till har om vi kan vad hur när var min mitt mina från så men eller ska vill behöver hej tack finns',
  da: 'og i at det som en et er på jeg du ikke for med af den til har om vi kan hvad hvordan hvornår hvor min mit mine fra så men eller skal vil hej tak der',
  no: 'og i å det som en et er på jeg du ikke for med av den til har om vi kan hva hvordan når hvor min mitt mine fra så men eller skal vil hei takk der',
  fi: 'ja on ei se että hän minä sinä mutta joka mikä missä milloin miten miksi minun voi voinko haluan olen ovat oli kun niin tämä tai kiitos hei',
  cs: 'a v na se je to že do jak co kde kdy proč můj moje jsem jsou byl ale nebo pro od po za prosím mám chci mohu ten ta s z ve si',
  tr: 've bir bu ne için ile mi mı da de çok nasıl nerede zaman neden benim var yok ben sen istiyorum lütfen olarak daha ama veya kadar',
  ro: 'și în la de cu nu este un o pe ce cum când unde care meu mea pentru din sunt am ai vreau pot mulțumesc sau dar mai fi',
  hu: 'a az és hogy nem is egy van mi mit hogyan hol mikor miért én te kérem szeretnék vagyok vagy de meg el már csak',
};

/** Letters that few languages have, worth as much as a word or two. */
const telling: readonly (readonly [RegExp, string, number])[] = [
  [/ß/g, 'de', 3],
  [/[äöü]/g, 'de', 0.5],
  [/[ñ¿¡]/g, 'es', 3],
  [/[ãõ]/g, 'pt', 2],
  [/ç[aãõ]/g, 'pt', 1],
  [/[èêëîïôûœ]|\b[cdjlmnst]'/g, 'fr', 0.5],
  [/[ąćęłńśźż]/g, 'pl', 2],
  [/[ěřůď]/g, 'cs', 2],
  [/[ğışİ]/g, 'tr', 1],
  [/[șțăşţ]/g, 'ro', 1.5],
  [/[őű]/g, 'hu', 3],
  [/å/g, 'sv', 0.5],
  [/æ|ø/g, 'da', 1],
];

const byWord = new Map<string, string[]>();
for (const [language, words] of Object.entries(functionWords))
  for (const word of words.split(' ')) byWord.set(word, [...(byWord.get(word) ?? []), language]);

function latin(text: string): string {
  const scores = new Map<string, { score: number; words: number }>();
  const add = (language: string, score: number, words: number): void => {
    const known = scores.get(language) ?? { score: 0, words: 0 };
    scores.set(language, { score: known.score + score, words: known.words + words });
  };
  const seen = new Set<string>();
  for (const word of text.match(/[\p{L}']+/gu) ?? []) {
    const languages = seen.has(word) ? undefined : byWord.get(word);
    seen.add(word);
    if (languages === undefined) continue;
    // A word of one language tells more than a word of five, a long one more than a single letter.
    const weight = (word.length === 1 ? 0.3 : 1) / languages.length;
    for (const language of languages) add(language, weight, word.length > 2 ? 1 : 0.5);
  }
  if (/[^\x00-\x7f]/.test(text))
    for (const [pattern, language, weight] of telling) {
      const count = text.match(pattern)?.length ?? 0;
      if (count > 0) add(language, Math.min(4, count * weight), 1);
    }
  const english = scores.get('en')?.score ?? 0;
  let best = english >= 0.25 ? 'en' : 'unknown';
  let top = Math.max(1.2, english * 1.3, 0.08 * seen.size);
  // English is the default of software: another language needs two signs of its own that outweigh it.
  for (const [language, { score, words }] of scores)
    if (language !== 'en' && words >= 2 && score > top) [best, top] = [language, score];
  return best;
}
