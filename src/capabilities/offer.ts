import type { Json } from '../base/json.ts';
import type { CapabilityKind } from './capability.ts';

/** Something a task's prompt, tools or schema promises that an answer may use; the universe of the never-fired analysis. */
export interface Offer {
  readonly id: string;
  readonly kind: CapabilityKind;
  readonly name: string;
  /** What the prompt says about it: input of the cost grades. */
  readonly description: string;
  /** Which answers could have used it: '' every answer, else the id of the tool, field or argument that must be there. */
  readonly within: string;
  /** Without this it cannot fire: the tool of an argument, the field of a value. Silent together, they are judged as one. */
  readonly host: string | null;
}

/** A label of a text answer. */
export function labelOffer(value: string, description = ''): Offer {
  return { id: `label:${value}`, kind: 'label', name: value, description, within: '', host: null };
}

/** A tool of the task's tool list. */
export function toolOffer(name: string, description: string): Offer {
  return { id: `tool:${name}`, kind: 'tool', name, description, within: `offered:${name}`, host: null };
}

/** A field of a JSON answer, or an argument of a tool. */
export function fieldOffer(field: {
  readonly scope: string | null;
  readonly path: string;
  /** Path of the object it lies in, '' for the root. */
  readonly parent: string;
  readonly description: string;
  readonly optional: boolean;
}): Offer {
  const kind = field.scope === null ? 'field' : 'argument';
  const name = qualified(field.scope, field.path);
  const { description } = field;
  const within = presenceId(field.scope, field.parent);
  return { id: `${kind}:${name}`, kind, name, description, within, host: within === '' ? null : within };
}

/** One value of an enumeration. */
export function enumOffer(value: {
  readonly scope: string | null;
  readonly path: string;
  readonly parent: string;
  readonly value: Json;
  readonly description: string;
}): Offer {
  // The values of a list are the values of its field: `tags = red`.
  const name = qualified(value.scope, value.path.replace(/\[\]$/, ''));
  const text = scalarText(value.value);
  return {
    id: `enum:${name}=${text}`,
    kind: 'enum',
    name: `${name} = ${text}`,
    description: value.description,
    within: presenceId(value.scope, value.parent),
    host: presenceId(value.scope, value.path),
  };
}

/** How a scalar is written in an id. */
export function scalarText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `PlayMusic.volume` for an argument, the path alone for a field. */
export function qualified(scope: string | null, path: string): string {
  return scope === null ? path : path === '' ? scope : `${scope}.${path}`;
}

function presenceId(scope: string | null, parent: string): string {
  const path = parent.endsWith('[]') ? parent.slice(0, -2) : parent;
  if (path === '') return scope === null ? '' : `tool:${scope}`;
  return `${scope === null ? 'field' : 'argument'}:${qualified(scope, path)}`;
}
