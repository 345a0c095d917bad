import { shortHash } from '../base/hash.ts';
import { type ChatRequest, type Message, messageText, type OutputFormat } from '../wire/chat.ts';
import type { Segment, Template, TemplateMessage, Toolset } from './task.ts';
import { formatText } from './toolset.ts';

/** Name of the slot that holds the text a task works on. */
export const MAIN_SLOT = 'input';
/** Name of the slot that holds the turns between the fixed messages and the last user message. */
export const HISTORY_SLOT = 'history';

/** What a message says, tool calls included: what templates are matched against. */
export function turnText(message: Message): string {
  let text = messageText(message);
  for (const part of message.parts) {
    if (part.kind === 'tool-call') text += `[${part.call.name} ${part.call.arguments}]`;
  }
  return text;
}

/** Index of the last message of the user, -1 for none. */
export function lastUser(messages: readonly Message[]): number {
  let i = messages.length - 1;
  while (i >= 0 && messages[i]!.role !== 'user') i--;
  return i;
}

/** Changes whenever the constant text, the tools or the output format change; slot names do not matter. */
export function templateHash(
  messages: readonly TemplateMessage[],
  turns: Template['turns'],
  toolset: Toolset,
  format: OutputFormat,
): string {
  const text = messages.map((message) => [
    message.role,
    ...message.segments.map((segment) => (segment.kind === 'text' ? segment.text : 0)),
  ]);
  const tools = toolset.kind === 'fixed' ? toolset.hash : 'varying';
  return shortHash(JSON.stringify([text, turns, tools, formatText(format)]));
}

/** The template as a person reads it: slots in double braces, messages under their role. */
export function templateText(template: Pick<Template, 'messages' | 'turns'>): string {
  const shown = template.messages.map((message) => {
    const text = message.segments
      .map((segment) => (segment.kind === 'text' ? segment.text : `{{${segment.name}}}`))
      .join('');
    return `[${message.role}]\n${text}`;
  });
  if (template.turns === 'open') shown.push('[further turns]');
  return shown.join('\n\n');
}

/** Matches a request's messages and fills `slots`; false where they are not exactly this template's. */
export type MessageMatch = (request: ChatRequest, slots: Record<string, string>) => boolean;

/** Prepares a template for matching. */
export function compileTemplate(template: Pick<Template, 'messages' | 'turns'>): MessageMatch {
  const messages = template.messages.map((message) => ({
    role: message.role,
    match: compileSegments(message.segments),
  }));
  if (template.turns === 'fixed') {
    return (request, slots) =>
      request.messages.length === messages.length &&
      messages.every((message, i) => {
        const actual = request.messages[i]!;
        return actual.role === message.role && message.match(turnText(actual), slots);
      });
  }
  // The last template message that is the user's matches the last user message; what lies between is history.
  const at = messages.findLastIndex((message) => message.role === 'user');
  const head = messages.slice(0, Math.max(at, 0));
  const last = messages[at];
  const tail = messages.slice(at + 1);
  return (request, slots) => {
    const end = request.messages.length - tail.length;
    const user = lastUser(request.messages.slice(0, end));
    if (last === undefined || user < head.length) return false;
    const matches = (message: (typeof messages)[number], actual: Message): boolean =>
      actual.role === message.role && message.match(turnText(actual), slots);
    if (!head.every((message, i) => matches(message, request.messages[i]!))) return false;
    if (!matches(last, request.messages[user]!)) return false;
    if (!tail.every((message, i) => matches(message, request.messages[end + i]!))) return false;
    const between = [...request.messages.slice(head.length, user), ...request.messages.slice(user + 1, end)];
    slots[HISTORY_SLOT] = between.map((turn) => `${turn.role}: ${turnText(turn)}`).join('\n');
    return true;
  };
}

/** Matches one text against segments, byte for byte, and fills the slots. */
export type TextMatch = (text: string, slots: Record<string, string>) => boolean;

/** Name of the slot whose text may contain constants of the template and is still read whole; undefined without slots. */
export function anchorOf(segments: readonly Segment[]): string | undefined {
  const slots = segments.flatMap((segment) => (segment.kind === 'slot' ? segment : []));
  const anchor =
    slots.find(({ anchor }) => anchor === true) ??
    slots.find(({ name }) => name === MAIN_SLOT) ??
    slots.at(-1);
  return anchor?.name;
}

/** Constants before the anchor are looked for from the left, those after it from the right. */
export function compileSegments(segments: readonly Segment[]): TextMatch {
  const names: string[] = [];
  const constants: string[] = [''];
  for (const segment of segments) {
    if (segment.kind === 'text') constants[constants.length - 1] += segment.text;
    else {
      names.push(segment.name);
      constants.push('');
    }
  }
  const lead = constants[0]!;
  if (names.length === 0) return (text) => text === lead;
  const trail = constants.at(-1)!;
  const main = names.indexOf(anchorOf(segments)!);
  return (text, slots) => {
    if (text.length < lead.length + trail.length) return false;
    if (!text.startsWith(lead) || !text.endsWith(trail)) return false;
    let from = lead.length;
    let to = text.length - trail.length;
    for (let i = 0; i < main; i++) {
      const constant = constants[i + 1]!;
      const at = text.indexOf(constant, from);
      if (at < 0 || at + constant.length > to) return false;
      slots[names[i]!] = text.slice(from, at);
      from = at + constant.length;
    }
    for (let i = names.length - 1; i > main; i--) {
      const constant = constants[i]!;
      const at = text.lastIndexOf(constant, to - constant.length);
      if (to - constant.length < 0 || at < from) return false;
      slots[names[i]!] = text.slice(at + constant.length, to);
      to = at;
    }
    slots[names[main]!] = text.slice(from, to);
    return true;
  };
}
