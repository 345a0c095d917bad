/**
 * The closed class of English words that carry grammar and name nothing (determiners, pronouns, prepositions,
 * conjunctions, auxiliaries, question words), and a few that stand before what is meant: "what kind of ...", "name the ...".
 */
const functionWords = new Set(
  `a an the this that these those some any all no every each both either neither other such one most more many much few
  only also first last
  i me my mine we us our you your he him his she her it its they them their who whom whose which what there
  of in on at to for by with from as into about after before during than up out off over under between through against
  without within while until since because if so but and or nor not then
  is am are was were be been being do does did have has had can could will would shall should may might must let get got
  how when where why
  name kind kinds type types sort names please want need like know tell ever s t`.split(/\s+/),
);

/** @param word in lower case. */
export function isFunctionWord(word: string): boolean {
  return functionWords.has(word);
}
