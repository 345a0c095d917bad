import { refusalWords } from './refusalWords.ts';

/** How teachers say no, and how they say "perhaps": English in whole patterns, other languages by their words. */

const refusals = [
  /^(?:i(?:'|’)?m|i am)(?: (?:very|really|so|truly))? (?:sorry|afraid)\b.{0,80}?\b(?:can(?:no|'|’)?t|can not|unable|not able|won(?:'|’)t|not (?:going|allowed|permitted) to)\b/isu,
  /^(?:sorry|apologies|unfortunately)\b.{0,60}?\b(?:can(?:no|'|’)?t|can not|unable|not able|won(?:'|’)t)\b.{0,20}\b(?:assist|help|comply|provide|do|answer|fulfil|continue|support|process|discuss|create|write)/isu,
  /^i (?:can(?:no|'|’)?t|can not|won(?:'|’)t|am unable to|am not able to|must decline to|will not) (?:\w+ )?(?:assist|help|comply|provide|fulfil|do (?:that|this)|continue|support|discuss|create|write|engage|process|share|recommend|generate|offer|answer (?:that|this))/isu,
  /^i(?:'|’)?m not (?:comfortable|allowed|permitted|able to (?:assist|help|provide|do))\b/isu,
  /^i (?:do not|don(?:'|’)t) (?:feel comfortable|engage|provide|assist|create|support)\b/isu,
  /^i (?:have|need) to decline\b/isu,
  /^(?:this|that|your) (?:request|content|message) (?:violates|goes against|is against)\b/isu,
  /^(?:as an ai|i am an ai|i(?:'|’)m an ai)\b.{0,120}?\b(?:can(?:no|'|’)?t|can not|unable|not able)\b/isu,
];

interface Spoken {
  readonly sorry: RegExp;
  readonly cannot: RegExp;
  readonly declines: RegExp;
  readonly help: RegExp;
  readonly doubt: RegExp;
}

const spoken: readonly Spoken[] = refusalWords.map(({ sorry, cannot, help, doubt }) => ({
  sorry: new RegExp(`^(?:${sorry})`, 'iu'),
  cannot: new RegExp(cannot, 'iu'),
  declines: new RegExp(`^.{0,12}?(?:${cannot})`, 'isu'),
  help: new RegExp(help, 'iu'),
  doubt: new RegExp(doubt, 'iu'),
}));

/** An apology, or at once what cannot be done, and help or an answer as what is declined. */
function declinesElsewhere(opening: string): boolean {
  return spoken.some(
    ({ sorry, cannot, declines, help }) =>
      ((sorry.test(opening) && cannot.test(opening)) || declines.test(opening)) && help.test(opening),
  );
}

/** Doubt that nobody voices in passing: of use where answers are free text. */
const plainDoubts = [
  /\b(?:could|can|would|will) you (?:please )?(?:clarify|specify|rephrase|provide (?:more|some|further|additional|the))\b/iu,
  /\bplease (?:clarify|specify|rephrase|provide (?:more|some|further|additional|the))\b/iu,
  /\b(?:need|require|want)s? (?:some |a (?:bit|little) )?(?:more|further|additional) (?:context|information|details?|info)\b/iu,
  /\bi (?:am|(?:'|’)m) not (?:entirely |quite |really |completely |fully )?(?:sure|certain)\b/iu,
  /\bi (?:can(?:no|'|’)?t|can not|could ?n(?:o|'|’)t|am unable to) (?:\w+ )?(?:tell|determine|decide|judge|identify|give (?:one|a|an))\b/iu,
  /\b(?:leaves? out|lacks?|missing|insufficient|not enough|too little) (?:some |any |the |necessary )*(?:information|context|details?|data)\b/iu,
  /\bcan(?:no|'|’)?t be (?:determined|answered|solved|classified|decided)\b/iu,
  /\b(?:is|are) (?:too )?(?:ambiguous|unclear|incomplete)\b/iu,
];

const hedges = [
  /\b(?:could|can|would|will) you (?:please )?(?:clarify|provide|specify|tell me|share|give me|explain|confirm|rephrase)\b/iu,
  /\bplease (?:clarify|provide|specify|share|confirm|rephrase)\b/iu,
  /\b(?:need|require|want)s? (?:some |a (?:bit|little) )?(?:more|further|additional) (?:context|information|details?|info)\b/iu,
  /\bnot (?:entirely |quite |really |completely |fully )?(?:sure|certain|clear)\b/iu,
  /\b(?:it|this|that) (?:could|might|may) (?:also |either |well )?be\b/iu,
  /\bcould also be\b/iu,
  /\bi (?:think|believe|guess|suppose|suspect)\b/iu,
  /\bbest guess\b/iu,
  /\b(?:low|medium) confidence\b/iu,
  /\bi (?:can(?:no|'|’)?t|can not|could ?n(?:o|'|’)t|am unable to) (?:\w+ )?(?:tell|determine|decide|say|judge|know|identify|give)\b/iu,
  /\b(?:ambiguous|unclear|hard to (?:say|tell)|difficult to (?:say|tell))\b/iu,
  /\b(?:leaves? out|lacks?|missing|insufficient|not enough|too little) (?:some |any |the |necessary )*(?:information|context|details?|data)\b/iu,
  /\b(?:this|that|it) (?:looks|seems|appears|sounds)(?: like| to)?\b/iu,
  /\bwhat (?:do|did) you mean\b/iu,
  /\b(?:please (?:tell|let)|let me know|tell me)\b/iu,
  /\b(?:i|we)(?:(?:'|’)d| would)? need (?:the|your|to know|a few)\b/iu,
  /\b(?:does not|doesn(?:'|’)t|did not|didn(?:'|’)t) (?:say|specify|state|mention|provide|contain|give)\b/iu,
  /\bcan(?:no|'|’)?t be (?:determined|answered|solved|classified|decided)\b/iu,
  /\b(?:probably|possibly|perhaps|maybe)\b.{0,60}\b(?:or|but)\b/iu,
];

/** Does the answer open by refusing? Only the opening counts: a long answer may well quote a refusal. */
export function isRefusal(text: string): boolean {
  const opening = text.trimStart().slice(0, 240);
  return refusals.some((pattern) => pattern.test(opening)) || declinesElsewhere(opening.slice(0, 200));
}

/** Does the answer say outright that it cannot answer as asked? */
export function doubtsPlainly(text: string): boolean {
  const part = text.slice(0, 2000);
  return plainDoubts.some((pattern) => pattern.test(part)) || spoken.some(({ doubt }) => doubt.test(part));
}

/** Does the answer hold back: ask for more, name alternatives, doubt itself? Of use only where the answer's form is off. */
export function soundsUnsure(text: string): boolean {
  const part = text.slice(0, 2000);
  return hedges.some((pattern) => pattern.test(part)) || spoken.some(({ doubt }) => doubt.test(part));
}

const mashed = /^(?:(?:asdf|qwer|zxcv|hjkl|uiop|jkl|sdfg|dfgh|fghj|wert|erty|qaz|wsx)[a-z;]*)+$/u;
const probes = new Set(
  [
    'test testing tests ping foo bar foobar baz asd asdf qwerty x xx xxx abc aaa aaaa blah blubb dummy placeholder',
    'lorem ipsum debug hoge sample',
  ]
    .join(' ')
    .split(' '),
);
const probeSentences = [
  /^(?:this is (?:just )?)?(?:a )?test(?:ing)?(?: (?:message|request|call|prompt|input|\d+))*$/u,
  /^(?:\d+ )+test(?:ing|s)?$/u,
  /^test(?:ing|s)?(?: (?:test(?:ing)?|\d+))+$/u,
  /^(?:does|do|is) (?:this|it|that) (?:thing )?(?:even )?(?:work|working|on)$/u,
  /^lorem ipsum\b/u,
  /^(?:foo|bar|baz|qux|quux)(?: (?:foo|bar|baz|qux|quux))*$/u,
  /^hello,? world$/u,
  /^(\p{L}+)(?: \1){2,}$/u,
  /^please ignore(?: this)?$/u,
];

/** Is this input typed to see whether anything works ("test", "asdfgh", "...")? */
export function isProbe(input: string): boolean {
  if (input.length > 60) return false;
  const text = input.trim().toLowerCase().replace(/\s+/gu, ' ');
  if (text === '') return false;
  if (/^[.?!,\-_*#\s]+$/u.test(text)) return true;
  // An exclamation ("hey hey hey!") is meant.
  const words = text.replace(/[.?]+$/u, '').trim();
  if (probes.has(words) || mashed.test(words)) return true;
  if (/^(.)\1{2,}$/u.test(words)) return true;
  return probeSentences.some((pattern) => pattern.test(words));
}
