import type { Family } from './family.ts';
import { isGenericSystem } from './instructions.ts';
import type { Segment } from './task.ts';

/** Words for tasks and slots, taken from the prompt itself. */

const fillers = new Set(
  (
    'a an the of for to in on at by with from and or as is are be was your you my our its their this that these those ' +
    'one into it following below above given each every exactly please most least than about only'
  ).split(' '),
);

/** A readable name for a task: its schema's or forced tool's name, else the gist of its first instruction. */
export function taskName(family: Family): string {
  const request = family.digests[0]!.call.request;
  const { outputFormat, toolChoice } = request;
  const generic = new Set(['response', 'output', 'result', 'schema', 'answer', 'json']);
  if (
    outputFormat.kind === 'schema' &&
    !generic.has(outputFormat.name.toLowerCase()) &&
    outputFormat.name !== ''
  )
    return words(outputFormat.name);
  if (typeof toolChoice === 'object') return words(toolChoice.name);
  const gist = gistOf(instructionText(family));
  if (gist !== '') return gist;
  const tool = request.tools[0];
  if (tool !== undefined && !family.varying) return words(tool.name);
  return request.tools.length > 0 ? 'tool calls' : 'chat';
}

/** The first text that instructs: of the system prompt, else of the user's message. */
function instructionText(family: Family): string {
  for (const message of family.messages) {
    const text = message.segments.map((segment) => (segment.kind === 'text' ? segment.text : gap)).join('');
    const fixed = text.replaceAll(gap, ' ').trim();
    if (message.role === 'system' && isGenericSystem(fixed)) continue;
    if (fixed !== '') return withoutDated(text);
  }
  return '';
}

/** Stands for a slot while the text is looked at; in no prompt. */
const gap = '\u0000';

/** "Today is {date}. Turn the request into JSON": a sentence around a slot tells less of the task than one without. */
function withoutDated(text: string): string {
  const sentences = text.trim().split(/(?<=[.!?\n])\s*/u);
  const telling = sentences.findIndex((s) => !s.includes(gap) && /\S\s+\S+\s+\S/u.test(s));
  const whole = /^[^.!?\n]{12,}/u.test(sentences[0]!.split(gap)[0]!);
  return (telling < 0 || whole ? text : sentences.slice(telling).join(' ')).replaceAll(gap, ' ').trim();
}

/** The gist of the user's template: tells tasks below one system prompt apart. */
export function userGist(family: Family): string {
  const user = family.messages.findLast((message) => message.role === 'user');
  const text = user?.segments.map((segment) => (segment.kind === 'text' ? segment.text : ' ')).join('') ?? '';
  return gistOf(text.trim());
}

/** "You are the intent router for Aria, a voice assistant" -> "Intent router for Aria". */
function gistOf(text: string): string {
  const clean = text.replace(/^[#*\s]+/u, '');
  // "Your job: summarise the note." says more behind the colon.
  const first = /^(.*?)(?:[.:;!?\n]|$)/su.exec(clean)?.[1] ?? '';
  const sentence = /\S\s+\S+\s+\S/u.test(first)
    ? first
    : (/^(.*?)(?:[.;!?\n]|$)/su.exec(clean)?.[1] ?? first);
  const stripped = sentence
    .replace(/^(?:you are|you're|act as|your (?:task|job) is to|you)\s+(?:(?:a|an|the)\s+)?/iu, '')
    .replace(/,.*$/su, (rest) => (sentence.length - rest.length > 16 ? '' : rest));
  return phrase(stripped.match(/[\p{L}\p{N}_'’-]+/gu) ?? []);
}

/** The first words up to the fourth that means something, without small words at the ends: "Route messages of a bank's customers". */
function phrase(words: readonly string[]): string {
  const isFiller = (word: string): boolean => fillers.has(word.toLowerCase());
  const start = words.findIndex((word) => !isFiller(word));
  if (start < 0) return '';
  const chosen: string[] = [];
  let meaningful = 0;
  for (const word of words.slice(start)) {
    if (meaningful === 4) break;
    chosen.push(word);
    if (!isFiller(word)) meaningful++;
  }
  while (isFiller(chosen.at(-1)!)) chosen.pop();
  const text = chosen.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** snake_case, kebab-case and camelCase as words. */
function words(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/gu, '$1 $2')
    .replace(/[_\-.]+/gu, ' ')
    .trim()
    .toLowerCase();
}

/** Fit for file names and ids: [a-z0-9-], at most 40 characters; 'task' where nothing is left. */
export function slug(name: string): string {
  const text = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/gu, '');
  return text === '' ? 'task' : text;
}

/** What a slot is called by the text before it: `Channel: {{}}` -> channel, `<sms>{{}}` -> sms; '' for nothing telling. */
export function slotLabel(before: string): string {
  // Fences, quotes and list marks stand between a label and its slot: `Message:\n"""\n{{}}`.
  const lines = before.split('\n').slice(-4).reverse();
  const line = (lines.find((text) => /\p{L}/u.test(text)) ?? '').trim();
  const tag = /<([a-z][\w-]{0,30})(?:\s[^<>]*)?>[^<>\n]{0,4}$/iu.exec(line)?.[1];
  if (tag !== undefined) return identifier(tag);
  const key = /["']?([\p{L}][\p{L}\p{N} _'’-]{0,40}?)["'*`]*\s*[:=]\s*["'`<([{*]*$/u.exec(line)?.[1];
  const direct = line === lines[0]?.trim();
  const phrase = key ?? (direct ? /([\p{L}][\p{L}\p{N} _'’-]{0,60})\W*$/u.exec(line)?.[1] : undefined);
  if (phrase === undefined) return '';
  const content = phrase
    .toLowerCase()
    .replace(/['’]s\b/gu, '')
    .split(/[^\p{L}\p{N}_]+/u)
    .filter((word) => word !== '' && !fillers.has(word));
  // "translate to {{}}" names nothing; "the user is {{}}" does.
  const last =
    phrase
      .toLowerCase()
      .split(/[^\p{L}\p{N}_]+/u)
      .filter(Boolean)
      .at(-1) ?? '';
  if (key === undefined && fillers.has(last) && !['is', 'are', 'was', 'as'].includes(last)) return '';
  const telling = content.filter((word) => !speech.has(word));
  const chosen = telling.length > 0 || key === undefined ? telling : content;
  return identifier(chosen.slice(key === undefined ? -1 : -2).join('_'));
}

/** Words around a value that do not name it. */
const speech = new Set('called named name talking speaking today current currently now'.split(' '));

function identifier(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '_')
    .replace(/^_+|_+$/gu, '')
    .slice(0, 32);
}

/** Text right before a segment: within its message only. */
export function textBefore(segments: readonly Segment[], index: number): string {
  const segment = segments[index - 1];
  return segment?.kind === 'text' ? segment.text : '';
}
