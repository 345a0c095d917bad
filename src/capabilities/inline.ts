import type { Enumeration } from './enumeration.ts';
import { type Item, isValue, splitItem, unquote } from './item.ts';

const LEAD = 160;

/** Lists inside a line: "one of: a, b or c", "a | b | c", quoted alternatives, arrays, unions, repeated tags. */
export function inlineEnumerations(text: string): Enumeration[] {
  return [...quotedRuns(text), ...separated(text), ...tags(text)];
}

/** `"a", "b" or "c"`, `'a' | 'b'`, `["a", "b"]`: at least two quoted values with nothing but separators between them. */
function quotedRuns(text: string): Enumeration[] {
  const found: Enumeration[] = [];
  const token = /(["`'“‘«「『])([^"`'”’»「」『』\n]{1,80})(["`'”’»」』])/g;
  let run: { readonly items: Item[]; readonly start: number; end: number } | null = null;
  const flush = (): void => {
    if (run !== null && run.items.length >= 2)
      found.push({
        values: run.items,
        form: 'quoted',
        lead: leadOf(text, run.start),
        at: lineOf(text, run.start),
        sentences: 0,
      });
    run = null;
  };
  for (const match of text.matchAll(token)) {
    const value = match[2]!.trim();
    // An apostrophe inside a word opens nothing.
    if (match[1] === "'" && /\w/.test(text[match.index - 1] ?? '')) continue;
    const gap: string = run === null ? '' : text.slice(run.end, match.index);
    const glued =
      /^\s*(?:,|;|\||\/|、|,|・|\bor\b|\band\b|\bou\b|\boder\b|\bo\b|\by\b|\bund\b|\bet\b)*(?:\s*(?:or|and|oder|und|ou|et|o|y|e|of|en|lub|i|eller|og|och|或|或者|和|または|か|と|또는))?\s*$/u;
    // Corner brackets need nothing between them.
    const apart = gap.trim() !== '' || match[1] === '「' || match[1] === '『';
    if (run !== null && gap.length <= 12 && apart && glued.test(gap)) {
      run.end = match.index + match[0].length;
      if (isValue(value)) run.items.push({ value, description: '' });
    } else {
      flush();
      run = {
        items: isValue(value) ? [{ value, description: '' }] : [],
        start: match.index,
        end: match.index + match[0].length,
      };
    }
  }
  flush();
  return found;
}

/** Unquoted alternatives after a colon or "one of", split at commas, pipes or slashes. */
function separated(text: string): Enumeration[] {
  const found: Enumeration[] = [];
  let at = 0;
  let above = '';
  for (const line of text.split('\n')) {
    if (!/^\s*\|/.test(line))
      for (const part of line.split(/(?<=[.!?])\s+(?=[\p{Lu}`"'])|(?<=[。!?])/u)) {
        const list = listOf(part);
        if (list !== null) {
          const lead = list.lead.length < 40 ? `${above}\n${list.lead}` : list.lead;
          found.push({
            values: list.items,
            form: 'inline',
            lead: lead.slice(-LEAD).trim(),
            at,
            sentences: 0,
          });
        }
      }
    if (line.trim() !== '') above = line.slice(-LEAD);
    at++;
  }
  return found;
}

/** What comes before a list that is not quoted: a colon, "one of", "must be", "values are". */
const OPENING = new RegExp(
  [
    '(?:^|\\s)[^\\s:]*:\\s+',
    '[^\\s::。]{1,24}[::]\\s*(?=[^\\s]*[、,/|])',
    '\\b(?:parmi|entre|soit|entweder|eine?[rms]? (?:der|von|aus)|una? (?:de|tra)|uno (?:de|tra)|uma? (?:de|das|dos)|een van|jedn[ąeyo]\\w* z) (?:los siguientes |las siguientes |les suivants |folgenden )?',
    '\\b(?:one|any) of (?:the following |these |those )?(?:[\\p{L}-]+: )?',
    '\\beither\\s+',
    "\\b(?:classif|label|categori[sz]|tag|mark|sort|route|rat)[\\p{L}]*(?: [\\p{L}']+){0,4}? (?:as|into|to)\\s+",
    '\\b(?:is|are)\\s+(?=[\\p{L}_-]+(?:\\s*,\\s*[\\p{L}_-]+)*,?\\s+or\\s+[\\p{L}_-]+\\s*(?:[.;?!]|$))',
    '\\b(?:must|should|can|may|has to) be\\s+(?:one of\\s+)?',
    '\\b(?:values?|labels?|categor(?:y|ies)|class(?:es)?|options?|intents?|answers?|types?|choices?|tags?|topics?|status(?:es)?|departments?|queues?|sentiments?)\\s+(?:are|is|include)\\s+',
  ].join('|'),
  'giu',
);

/** "Answer yes or no": only single words count here, everything else is an instruction. */
const VERB =
  /\b(?:answer|reply|respond|say|return|output|write|choose|pick|select|print)\s+(?:(?:only|just|either|with|exactly)\s+)*([\p{L}\p{N}_-]+(?:\s*,\s*[\p{L}\p{N}_-]+)*,?\s+or\s+[\p{L}\p{N}_-]+)(?=\s*(?:[.;,!]|$|\b(?:only|and nothing)\b))/iu;

/** `(en, fr, de)` in a sentence about the answer: single words, at least three. */
function isCodeList(list: string, sentence: string): boolean {
  const aboutAnswer =
    /return|answer|reply|respond|output|label|code|categor|class|choose|pick|r[ée]pon|antwort|respues|rispo|respost|antwoord|odpowied|json/i.test(
      sentence,
    );
  return (
    aboutAnswer &&
    /^[\p{L}\p{N}_-]{1,20}(?:\s*,\s*[\p{L}\p{N}_-]{1,20}){1,}(?:\s*,\s*|\s+(?:or|oder|ou|o|of|lub|eller)\s+)[\p{L}\p{N}_-]{1,20}$/u.test(
      list.trim(),
    )
  );
}

/** A sentence with more openings than this is no sentence. */
const MAX_OPENINGS = 12;

function listOf(sentence: string): { readonly items: Item[]; readonly lead: string } | null {
  if (sentence.length > 400_000) return null;
  let tries = 0;
  for (const opening of sentence.matchAll(OPENING)) {
    if (++tries > MAX_OPENINGS) break;
    const start = opening.index + opening[0].length;
    const items = split(sentence.slice(start));
    if (items !== null) return { items, lead: sentence.slice(Math.max(0, start - LEAD), start) };
  }
  const verb = VERB.exec(sentence);
  const words = verb === null ? null : split(verb[1]!);
  if (verb !== null && words !== null)
    return { items: words, lead: sentence.slice(0, verb.index + verb[0].length - verb[1]!.length) };
  const bracket = /[<([{]\s*([^<>()[\]{}\n]{3,2000}?)\s*[>)\]}]/.exec(sentence);
  if (bracket !== null && (/[|/]/.test(bracket[1]!) || isCodeList(bracket[1]!, sentence))) {
    const items = split(bracket[1]!);
    if (items !== null)
      return { items, lead: sentence.slice(Math.max(0, bracket.index - LEAD), bracket.index) };
  }
  if (/\s\|\s/.test(sentence)) {
    const items = split(sentence);
    if (items !== null) return { items, lead: '' };
  }
  return null;
}

function split(list: string): Item[] | null {
  const text = list
    .trim()
    .replace(
      /^(?:(?:exactly |only )?(?:one|any) of ?)?(?:the following|these|those)?(?: [\p{L}-]+)?:\s+|^(?:exactly |only )?(?:one|any|either) of (?:the following |these )?/iu,
      '',
    )
    .replace(/[.;。]$/, '')
    .replace(/^[([{<]\s*(.*?)\s*[)\]}>]$/s, '$1');
  const separator = separatorOf(text);
  const parts = text
    .split(separator)
    .flatMap((part, i, all) => (i === all.length - 1 ? lastPart(part) : [part]))
    .map((part) =>
      part.replace(/^(?:(?:or|and|und|oder|et|ou|o|y|e|of|en|lub|eller)\s+|或者?|または)/u, '').trim(),
    )
    .map((part) => part.replace(/^\(?[a-z\d]{1,2}\)\s+/i, ''))
    .filter((part) => part !== '');
  if (parts.length < 2) return null;
  const items: Item[] = [];
  for (const part of parts) {
    const item = coded(part) ?? splitItem(part);
    if (item === null || item.value.split(/\s+/).length > 4) return null;
    items.push(item);
  }
  return items;
}

function separatorOf(text: string): RegExp {
  if (text.includes('|')) return /\s*\|\s*/;
  if (/[,;]/.test(text)) return /\s*[,;]\s*/;
  if (/[、,;]/.test(text)) return /\s*[、,;]\s*/;
  if (/\S\s\/\s\S/.test(text)) return /\s+\/\s+/;
  return /^[^\s/]+(?:\/[^\s/]+)+$/.test(text) ? /\// : /\s+(?:or|oder|ou)\s+/;
}

/** The end of a list: "x or y"; "x and y" only where both are single words (a department may be "Sales and Service"). */
function lastPart(part: string): string[] {
  const or = part.split(
    /\s+(?:or|oder|ou|o|of|lub|eller|или|або)\s+|(?<=\p{Script=Han})(?:或者?)(?=\p{Script=Han})|または/u,
  );
  if (or.length > 1) return or;
  const and = /^(\S+)\s+(?:and|und|et|y)\s+(\S+)$/u.exec(part);
  return and === null || and[1] === 'or' ? [part] : [and[1]!, and[2]!];
}

/** `ABBR abbreviation`: a code in capitals with its meaning behind it. */
function coded(part: string): Item | null {
  const match = /^([A-Z][A-Z0-9_]{1,11})\s+([a-z].*)$/.exec(part);
  return match === null ? null : { value: match[1]!, description: match[2]! };
}

/** `<label>a</label><label>b</label>`, `<option value="a">`: the same tag at least twice. */
function tags(text: string): Enumeration[] {
  const byTag = new Map<string, { readonly items: Item[]; readonly at: number }>();
  const add = (tag: string, value: string, description: string, index: number): void => {
    const known = byTag.get(tag) ?? { items: [], at: index };
    if (isValue(value)) known.items.push({ value, description });
    byTag.set(tag, known);
  };
  for (const match of text.matchAll(/<([\w:-]{1,40})>\s*([^<>\n]{1,200000}?)\s*<\/\1>/g)) {
    const list = /[,|;]/.test(match[2]!) ? split(match[2]!) : null;
    const item = list === null ? splitItem(match[2]!) : null;
    if (item !== null) add(match[1]!, item.value, item.description, match.index);
    else if (list !== null && !byTag.has(match[1]!)) byTag.set(match[1]!, { items: list, at: match.index });
  }
  for (const match of text.matchAll(
    /<([\w:-]{1,40})\s+(?:name|value|id|label|key)\s*=\s*(["'])([^"'<>\n]{1,80})\2[^<>\n]*>([^<>\n]*)/g,
  ))
    add(match[1]!, unquote(match[3]!), match[4]!.trim(), match.index);
  return [...byTag]
    .filter(([, { items }]) => items.length >= 2)
    .map(([tag, { items, at }]) => ({
      values: items,
      form: 'tags' as const,
      lead: `${leadOf(text, at)} ${tag}`,
      at: lineOf(text, at),
      sentences: 0,
    }));
}

function leadOf(text: string, index: number): string {
  return text.slice(Math.max(0, index - LEAD), index).trim();
}

function lineOf(text: string, index: number): number {
  let line = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < index; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
