import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Offer } from './offer.ts';
import { enumOffer, fieldOffer } from './offer.ts';

const MAX_DEPTH = 12;
const MAX_OFFERS = 50_000;
const MAX_NODES = 100_000;

/**
 * What a JSON Schema offers: its fields, and the values of its enumerations. References inside the document are
 * followed, alternatives (`anyOf`, `oneOf`, `allOf`) are united.
 * @param scope the tool whose arguments these are; null for a JSON answer.
 */
export function schemaOffers(schema: JsonObject, scope: string | null): Offer[] {
  const offers = new Map<string, Offer>();
  const add = (offer: Offer): void => {
    if (offers.size < MAX_OFFERS && !offers.has(offer.id)) offers.set(offer.id, offer);
  };
  walk(schema, {
    root: schema,
    scope,
    path: '',
    parent: '',
    required: true,
    depth: 0,
    references: [],
    budget: { left: MAX_NODES },
    add,
  });
  return [...offers.values()];
}

interface Place {
  readonly root: JsonObject;
  readonly scope: string | null;
  readonly path: string;
  /** Path whose presence is the opportunity of what lies here. */
  readonly parent: string;
  readonly required: boolean;
  readonly depth: number;
  /** References being followed: a type that holds itself is read once. */
  readonly references: readonly string[];
  /** Nodes that may still be visited. */
  readonly budget: { left: number };
  readonly add: (offer: Offer) => void;
}

function walk(node: Json | undefined, place: Place): void {
  if (!isObject(node) || place.depth > MAX_DEPTH || place.budget.left-- <= 0) return;
  const next: Place = { ...place, depth: place.depth + 1 };
  const reference = node['$ref'];
  if (typeof reference === 'string' && !place.references.includes(reference))
    walk(resolve(place.root, reference), { ...next, references: [...place.references, reference] });
  for (const word of ['anyOf', 'oneOf', 'allOf']) {
    const alternatives = node[word];
    if (isArray(alternatives)) for (const alternative of alternatives) walk(alternative, next);
  }
  values(node, place);
  const properties = node['properties'];
  if (isObject(properties)) {
    const required = new Set(isArray(node['required']) ? node['required'] : []);
    for (const [key, child] of Object.entries(properties)) {
      const path = place.path === '' ? key : `${place.path}.${key}`;
      const description =
        isObject(child) && typeof child['description'] === 'string' ? child['description'] : '';
      place.add(
        fieldOffer({
          scope: place.scope,
          path,
          parent: place.path,
          description,
          optional: !required.has(key),
        }),
      );
      walk(child, { ...next, path, parent: place.path, required: required.has(key) });
    }
  }
  const items = node['items'];
  if (isObject(items)) walk(items, { ...next, path: `${place.path}[]`, parent: place.path });
}

function values(node: JsonObject, place: Place): void {
  if (place.path === '') return;
  const listed = isArray(node['enum']) ? node['enum'] : 'const' in node ? [node['const'] ?? null] : [];
  // The presence of an optional flag of a tool already says all; a flag that is always there says it by its value.
  const flag = node['type'] === 'boolean' && listed.length === 0 && (place.scope === null || place.required);
  for (const value of flag ? [true, false] : listed) {
    if (isObject(value) || isArray(value)) continue;
    place.add(
      enumOffer({ scope: place.scope, path: place.path, parent: place.parent, value, description: '' }),
    );
  }
}

function resolve(root: JsonObject, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let node: Json | undefined = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    node = isObject(node) ? node[key] : undefined;
  }
  return node;
}
