import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import { normaliseText } from '../base/text.ts';
import type { FieldProfile, Task } from '../tasks/task.ts';
import type { Answer } from '../wire/chat.ts';
import { enumOffer, qualified, scalarText } from './offer.ts';

/** Called per capability that an answer uses; `place` for what lies in a JSON answer or in the arguments of a tool. */
export type Visit = (id: string, place: Place | null) => void;

export interface Place {
  /** The tool, null for a JSON answer. */
  readonly scope: string | null;
  readonly path: string;
  /** undefined: the field is there, whatever its value. */
  readonly value: Json | undefined;
}

export interface ReadOptions {
  /** Separator of a multi-label answer; null for one label. */
  readonly separator: string | null;
  /** The label is the first line, text follows. */
  readonly firstLine: boolean;
  /** Objects that map names to values, as `qualified` paths: the names are nothing that is offered. */
  readonly dictionaries: readonly string[];
}

/** How the answers of a task are read. */
export function readOptions({ output }: Pick<Task, 'output'>): ReadOptions {
  return {
    separator: output.kind === 'multi-label' ? output.separator : null,
    firstLine: output.kind === 'label-then-text',
    dictionaries: dictionariesOf(output),
  };
}

function dictionariesOf(output: Task['output']): string[] {
  if (output.kind === 'json') return dictionariesIn(null, output.fields);
  if (output.kind !== 'tools') return [];
  return output.tools.flatMap(({ name, fields }) => dictionariesIn(name, fields));
}

function dictionariesIn(scope: string | null, fields: readonly FieldProfile[]): string[] {
  return fields.filter(({ role }) => role === 'dictionary').map(({ path }) => qualified(scope, path));
}

/** What two ids of one capability share: labels are folded, another spelling is the same label. */
export function signature(id: string): string {
  return id.startsWith('label:') ? `label:${foldLabel(id.slice(6))}` : id;
}

const MAX_LABEL = 100;
const MAX_VALUE = 80;
const MAX_DEPTH = 12;
const MAX_ITEMS = 1000;

/**
 * Names everything that an answer uses: `label:`, `tool:`, `argument:`, `field:`, `enum:`, `array-length:`. The one
 * reader behind counting, tombstones and buckets, so that they can never disagree. A name may come several times.
 */
export function readAnswer(answer: Answer, options: ReadOptions, visit: Visit): void {
  const { dictionaries } = options;
  for (const call of answer.toolCalls) {
    visit(`tool:${call.name}`, null);
    const parsed = parseJson(call.arguments);
    if (isObject(parsed)) walk(parsed, call.name, '', { depth: 0, dictionaries, visit });
  }
  if (answer.text === null || answer.toolCalls.length > 0) return;
  const json = jsonText(answer.text);
  if (json !== null) {
    walk(json, null, '', { depth: 0, dictionaries, visit });
    return;
  }
  const text = options.firstLine ? (answer.text.trim().split('\n')[0] ?? '') : answer.text;
  for (const part of options.separator === null ? [text] : text.split(options.separator)) {
    const label = part.trim();
    if (label !== '' && label.length <= MAX_LABEL) visit(`label:${label}`, null);
  }
}

/** The object or array that a text answer consists of, code fences taken off; null for anything else. */
export function jsonText(text: string): Json | null {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[' && first !== '`') return null;
  const bare = text
    .trim()
    .replace(/^```[a-z]*\s*/i, '')
    .replace(/\s*```$/, '');
  const parsed = parseJson(bare);
  return isObject(parsed) || isArray(parsed) ? parsed : null;
}

/** Two spellings of one label: case, spaces, surrounding quotes and a final stop do not matter. */
export function foldLabel(text: string): string {
  return normaliseText(text).replace(/^["'`*<[(]+|["'`*>\]).!]+$/g, '');
}

interface Walk {
  readonly depth: number;
  readonly dictionaries: readonly string[];
  readonly visit: Visit;
}

function walk(node: Json, scope: string | null, path: string, own: Walk): void {
  if (own.depth > MAX_DEPTH) return;
  const { visit, dictionaries } = own;
  const deeper = { ...own, depth: own.depth + 1 };
  if (isArray(node)) {
    visit(`array-length:${qualified(scope, path)}=${lengthBand(node.length)}`, null);
    for (const item of node.slice(0, MAX_ITEMS)) walk(item, scope, `${path}[]`, deeper);
  } else if (isObject(node)) {
    if (dictionaries.includes(qualified(scope, path))) return;
    for (const [key, value] of Object.entries(node)) {
      const child = path === '' ? key : `${path}.${key}`;
      visit(`${scope === null ? 'field' : 'argument'}:${qualified(scope, child)}`, {
        scope,
        path: child,
        value: undefined,
      });
      walk(value, scope, child, deeper);
    }
  } else if (path !== '') {
    const text = scalarText(node);
    if (text.length > MAX_VALUE) return;
    visit(enumOffer({ scope, path, parent: '', value: node, description: '' }).id, {
      scope,
      path,
      value: node,
    });
  }
}

/** `0`, `1`, `2-3`, `4-7`, `8+`. */
export function lengthBand(length: number): string {
  if (length <= 1) return String(length);
  return length <= 3 ? '2-3' : length <= 7 ? '4-7' : '8+';
}
