import { hash32 } from '../../base/hash.ts';
import { kindOfTag, type PlacedToken, type TagGroup } from './scheme.ts';

/**
 * The masked texts of training answers, remembered: a new input that reads like one of them from its start to its end
 * has its variable parts where they were. A template is a sequence of token hashes; `wild` stands for one or more tokens
 * that varied, `nothing` for a variable part of no length.
 */
export interface Templates {
  /** Sorted: the templates of leader value l are those of `keys[i] === salt of l`. */
  readonly salts: Uint32Array;
  readonly start: Int32Array;
  readonly tokens: Uint32Array;
}

const wild = 1;
const nothing = 2;
/** A variable part is at most so many tokens. */
const mostWild = 60;
const mostSteps = 40_000;

/** What a template says of a token; 0 where it says nothing. */
export const said = { outside: 1, literal: 2, begins: 3, inside: 4, empty: 5 } as const;

/** The template that a tagging spells; null where the group has no masked text or this one is empty. */
export function templateOf(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
): number[] | null {
  const region = group.regions[0];
  if (region === undefined) return null;
  const own = [region.region, region.inner, region.empty];
  const elements: number[] = [];
  let last = -1;
  tokens.forEach((token, i) => {
    const kind = kindOfTag(tags[i]!);
    if (!own.includes(kind)) return;
    const begins = tags[i]! % 2 === 1;
    if (kind === region.inner) {
      if (begins || last !== i - 1 || elements.at(-1) !== wild) elements.push(wild);
    } else {
      elements.push(tokenHash(token.text));
      if (kind === region.empty) elements.push(nothing);
    }
    last = i;
  });
  return elements.some((element) => element > nothing) ? elements : null;
}

/** What a tagging says of each token, in the words of a template. */
export function wordsOf(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
): Uint8Array {
  const region = group.regions[0];
  return Uint8Array.from(tokens, (_, i) => {
    const kind = kindOfTag(tags[i]!);
    if (kind === region?.empty) return said.empty;
    if (kind === region?.region) return said.literal;
    if (kind === region?.inner) return tags[i]! % 2 === 1 ? said.begins : said.inside;
    return said.outside;
  });
}

function tokenHash(text: string): number {
  return (hash32(text, 31) | 4) >>> 0;
}

interface Node {
  readonly next: Map<number, Node>;
  /** Texts that spell this template, by hash; null where none ends here. */
  ends: Set<number> | null;
}

/** Templates by leader value, as they are matched. */
export class TemplateIndex {
  private readonly roots = new Map<number, Node>();

  /** @param text what tells two inputs apart: a template seen in one text alone is unknown to that text. */
  add(salt: number, template: readonly number[], text = 0): void {
    let node = this.roots.get(salt) ?? { next: new Map(), ends: null };
    this.roots.set(salt, node);
    for (const element of template) {
      const next: Node = node.next.get(element) ?? { next: new Map(), ends: null };
      node.next.set(element, next);
      node = next;
    }
    node.ends ??= new Set();
    // Two are enough: one of them is not the text that asks.
    if (node.ends.size < 2) node.ends.add(text);
  }

  /**
   * What the best fitting template says of each token; null where none reads from some token to the end of the input.
   * @param without a text whose own template does not count unless another text has it too.
   */
  match(salt: number, tokens: readonly PlacedToken[], without: number | null = null): Uint8Array | null {
    const root = this.roots.get(salt);
    if (root === undefined) return null;
    const found = bestMatch(root, tokens, without);
    return found === null ? null : spell(found, tokens.length);
  }

  pack(): Templates {
    const entries: { salt: number; template: number[] }[] = [];
    const walk = (salt: number, node: Node, path: number[]): void => {
      if (node.ends !== null) entries.push({ salt, template: path });
      for (const [element, next] of node.next) walk(salt, next, [...path, element]);
    };
    for (const [salt, root] of this.roots) walk(salt, root, []);
    const start = new Int32Array(entries.length + 1);
    entries.forEach(({ template }, i) => {
      start[i + 1] = start[i]! + template.length;
    });
    return {
      salts: Uint32Array.from(entries, ({ salt }) => salt),
      start,
      tokens: Uint32Array.from(entries.flatMap(({ template }) => template)),
    };
  }

  static unpack({ salts, start, tokens }: Templates): TemplateIndex {
    const index = new TemplateIndex();
    salts.forEach((salt, i) => {
      index.add(salt, [...tokens.subarray(start[i]!, start[i + 1]!)]);
    });
    return index;
  }
}

/** A step of a match: an element at a token, `length` tokens long; steps are linked from the last to the first. */
interface Step {
  readonly element: number;
  readonly at: number;
  readonly length: number;
  readonly next: Step | null;
  /** Literal tokens count, tokens in variable parts cost a little: the tightest reading wins. */
  readonly score: number;
}

function bestMatch(root: Node, tokens: readonly PlacedToken[], without: number | null): Step | null {
  const hashes = tokens.map((token) => tokenHash(token.text));
  const blank = tokens.map((token) => token.text.trim() === '');
  let end = tokens.length;
  while (end > 0 && blank[end - 1]) end--;
  let steps = 0;
  const known = new Map<Node, Map<number, Step | null>>();
  const from = (node: Node, at: number): Step | null => {
    const memo = known.get(node) ?? new Map<number, Step | null>();
    known.set(node, memo);
    const before = memo.get(at);
    if (before !== undefined) return before;
    if (++steps > mostSteps) return null;
    let best: Step | null = null;
    const consider = (step: Step): void => {
      if (best === null || step.score > best.score) best = step;
    };
    const go = (element: number, next: Node, length: number, worth: number): void => {
      const over = at + length;
      if (over >= end && isKnown(next, without)) consider({ element, at, length, next: null, score: worth });
      const rest = next.next.size > 0 ? from(next, over) : null;
      if (rest !== null) consider({ element, at, length, next: rest, score: worth + rest.score });
    };
    for (const element of at < tokens.length ? [hashes[at]!, nothing] : [nothing]) {
      const next = node.next.get(element);
      if (next !== undefined)
        go(element, next, element === nothing ? 0 : 1, element === nothing ? 0 : blank[at] ? 0.1 : 1);
    }
    const open = node.next.get(wild);
    if (open !== undefined)
      for (let n = 1; n <= mostWild && at + n <= tokens.length; n++) {
        const after = at + n;
        // Nothing to be gained from a length after which no element fits.
        if (after < end && !open.next.has(hashes[after]!) && !open.next.has(wild) && !open.next.has(nothing))
          continue;
        go(wild, open, n, -0.05 * n);
      }
    memo.set(at, best);
    return best;
  };
  let best: Step | null = null;
  for (let at = 0; at < end; at++) {
    const found = from(root, at);
    if (found !== null && (best === null || found.score > best.score)) best = found;
  }
  return best;
}

function isKnown(node: Node, without: number | null): boolean {
  if (node.ends === null) return false;
  return without === null || node.ends.size > 1 || !node.ends.has(without);
}

function spell(first: Step, length: number): Uint8Array {
  const words = new Uint8Array(length).fill(said.outside);
  for (let step: Step | null = first; step !== null; step = step.next) {
    if (step.element === nothing) {
      if (step.at > 0) words[step.at - 1] = said.empty;
    } else if (step.element !== wild) words[step.at] = said.literal;
    else {
      words[step.at] = said.begins;
      for (let i = step.at + 1; i < step.at + step.length; i++) words[i] = said.inside;
    }
  }
  return words;
}
