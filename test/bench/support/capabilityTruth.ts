import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TrafficLine } from './traffic.ts';

/** What the prompts, tools and schemas of the development traffic declare, read independently of the product. */

export interface Planted {
  readonly dead: readonly string[];
  readonly rare: readonly string[];
  readonly late: readonly string[];
  readonly retired: readonly string[];
  /** Dead ones that a prompt edit brought. */
  readonly addedLater: readonly string[];
  readonly lateFromDay: number | null;
}

/** Kinds that the truth speaks about. */
export const declaredKinds = ['label', 'enum', 'field', 'tool', 'argument'];

/** Ids of everything the lines of a set declare; only tools where each call brings its own. */
export function declaredTruth(set: string, lines: readonly TrafficLine[]): Set<string> {
  const ids = new Set<string>();
  const prompts = new Set<string>();
  const schemas = new Set<string>();
  for (const { site, request } of lines) {
    if (site === null || /scripts|notebooks|playground|repl|manual/.test(site)) continue;
    prompts.add(promptOf(request));
    const { tools, response_format } = request as { tools?: readonly ToolLine[]; response_format?: unknown };
    if (set.startsWith('bfcl'))
      for (const tool of tools ?? []) ids.add(`tool:${(tool.function ?? tool).name}`);
    else if (tools !== undefined) schemas.add(JSON.stringify(tools));
    if (response_format !== undefined) schemas.add(JSON.stringify(response_format));
  }
  for (const schema of schemas) readSchema(JSON.parse(schema), ids);
  for (const prompt of prompts) readPrompt(set, prompt, ids);
  return ids;
}

interface ToolLine {
  readonly name: string;
  readonly function?: { readonly name: string; readonly parameters: SchemaLine };
}

interface SchemaLine {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaLine>>;
}

function promptOf(request: Record<string, unknown>): string {
  const { system, messages } = request as {
    system?: string | readonly { readonly text: string }[];
    messages: readonly { readonly role: string; readonly content: string }[];
  };
  if (system !== undefined) return typeof system === 'string' ? system : system[0]!.text;
  return messages[0]!.content;
}

function readSchema(schema: unknown, ids: Set<string>): void {
  if (Array.isArray(schema)) {
    for (const tool of schema as { function: { name: string; parameters: SchemaLine } }[]) {
      ids.add(`tool:${tool.function.name}`);
      readProperties(
        tool.function.parameters,
        `argument:${tool.function.name}.`,
        `enum:${tool.function.name}.`,
        ids,
      );
    }
    return;
  }
  const { json_schema } = schema as { json_schema: { schema: SchemaLine } };
  readProperties(json_schema.schema, 'field:', 'enum:', ids);
}

function readProperties(schema: SchemaLine, field: string, value: string, ids: Set<string>): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    ids.add(`${field}${name}`);
    for (const option of property.enum ?? []) ids.add(`${value}${name}=${option}`);
  }
}

function readPrompt(set: string, prompt: string, ids: Set<string>): void {
  if (set === 'clinc150') {
    const list = prompt.slice(prompt.indexOf('Intents:') + 8).trim();
    for (const label of list.startsWith('- ') ? list.slice(2).split('\n- ') : list.split(', '))
      ids.add(`label:${label}`);
  } else if (set === 'clinc150_zipf') {
    for (const field of ['domain', 'intent', 'escalate']) ids.add(`field:${field}`);
    for (const id of [
      'enum:escalate=true',
      'enum:escalate=false',
      'enum:domain=none',
      'enum:intent=out_of_scope',
    ])
      ids.add(id);
    for (const line of prompt.slice(prompt.indexOf('# Catalogue')).split('\n')) {
      if (line.startsWith('## ')) ids.add(`enum:domain=${line.slice(3)}`);
      if (line.startsWith('- ')) ids.add(`enum:intent=${line.slice(2)}`);
    }
  } else if (set === 'sms_spam') {
    for (const match of prompt.matchAll(/^- (\w+): /gm)) ids.add(`label:${match[1]}`);
  }
}

/** The planted capabilities of a set by id. */
export function plantedIds(folder: string, set: string): Planted {
  const text = readFileSync(path.join(folder, 'PLANTED.json'), 'utf8');
  const { planted } = (JSON.parse(text) as Record<string, { planted: Record<string, unknown> }>)[set]!;
  const value = prefixes[set] ?? 'label:';
  const dead: string[] = [];
  const labels = planted['dead_labels'] ?? [];
  if (Array.isArray(labels)) {
    for (const label of labels as string[])
      dead.push(set === 'loghub' ? systemOrLevel(label) : value + label);
  } else {
    for (const [field, values] of Object.entries(labels as Record<string, string[]>))
      for (const option of values)
        dead.push(set === 'loghub' ? systemOrLevel(option) : `enum:${field}=${option}`);
  }
  for (const tool of list(planted['dead_tools'])) dead.push(`tool:${tool}`);
  const parameters = planted['dead_params'] ?? [];
  if (Array.isArray(parameters)) {
    for (const name of parameters as string[]) dead.push(`argument:record_log_event.${name}`);
  } else {
    for (const [tool, names] of Object.entries(parameters as Record<string, string[]>))
      for (const name of names) dead.push(`argument:${tool}.${name}`);
  }
  const added = new Set(list(planted['declared_from_week2_only']));
  return {
    dead,
    rare: list(planted['rare_labels']).map((label) => value + label),
    late: list(planted['late_labels']).map((label) =>
      set === 'loghub' ? systemOrLevel(label) : value + label,
    ),
    retired: list(planted['retired_labels']).map((label) => value + label),
    addedLater: dead.filter((id) => added.has(id.slice(id.search(/[:=](?=[^:=]*$)/) + 1))),
    lateFromDay: typeof planted['late_from_day'] === 'number' ? planted['late_from_day'] : null,
  };
}

const prefixes: Readonly<Record<string, string>> = { clinc150_zipf: 'enum:intent=' };

function systemOrLevel(label: string): string {
  const field = label === 'TRACE' || label === 'EMERG' ? 'level' : 'system';
  return `enum:record_log_event.${field}=${label}`;
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}
