import type { CapabilityKind } from './capability.ts';
import { parentOf } from './declared.ts';
import { enumOffer, fieldOffer, type Offer } from './offer.ts';
import type { Tally } from './tally.ts';

const everyCall = new Set([
  'refusal',
  'reasoning',
  'input-language',
  'input-length',
  'image',
  'turns',
  'parameter',
]);
/** On offer with every teacher, used or not. */
const always: readonly string[] = [
  'refusal:refusal',
  'refusal:hedge',
  'image:image',
  'turns:2-3',
  'turns:4+',
];

/**
 * What answers and requests used without any declaration: labels outside the list, fields outside the schema, languages,
 * lengths, formats, and a few things that are on offer with every teacher.
 * @param which are undeclared labels, and tools' undeclared arguments, worth a line of their own?
 */
export function undeclaredOffers(
  tally: Tally,
  which: { readonly labels: boolean; readonly tools: boolean },
): Offer[] {
  const offers: Offer[] = [];
  const add = (id: string): void => {
    const colon = id.indexOf(':');
    const kind = id.slice(0, colon) as CapabilityKind;
    const name = id.slice(colon + 1).replace('=', ' = ');
    offers.push({ id, kind, name, description: '', within: everyCall.has(kind) ? '*' : '', host: null });
  };
  for (const id of always) if (!tally.uses.has(id)) add(id);
  const enumerated = enumeratedPlaces(tally);
  for (const [id, use] of tally.uses) {
    if (id.startsWith('offered:')) continue;
    const { place } = use;
    if (id.startsWith('label:')) {
      if (which.labels) add(id);
    } else if (place === null) {
      if (which.tools || !id.startsWith('array-length:')) add(id);
    } else if (place.scope === null || which.tools) {
      const { scope, path, value } = place;
      const common = { scope, path, parent: parentOf(path), description: '' };
      if (value === undefined) offers.push(fieldOffer({ ...common, optional: true }));
      else if (enumerated.has(`${scope}.${path}`)) offers.push(enumOffer({ ...common, value }));
    }
  }
  return offers;
}

/**
 * Places whose values form a closed set without being declared: few of them, hardly any seen only once, and not copied
 * from the input (a copied word is data, not an offer).
 */
function enumeratedPlaces(tally: Tally): Set<string> {
  const places = new Map<
    string,
    { n: number; distinct: number; once: number; checked: number; copied: number }
  >();
  for (const use of tally.uses.values()) {
    if (use.place === null || use.place.value === undefined) continue;
    const key = `${use.place.scope}.${use.place.path}`;
    const place = places.get(key) ?? { n: 0, distinct: 0, once: 0, checked: 0, copied: 0 };
    place.n += use.calls.length;
    place.distinct++;
    if (use.calls.length === 1) place.once++;
    const text = String(use.place.value).toLowerCase();
    for (const i of use.calls.slice(0, 20)) {
      place.checked++;
      if (tally.inputs[i]!.toLowerCase().includes(text)) place.copied++;
    }
    places.set(key, place);
  }
  const closed = new Set<string>();
  for (const [key, { n, distinct, once, checked, copied }] of places)
    if (n >= 10 && distinct < Math.sqrt(n) && once / n <= 0.01 && copied < 0.3 * checked) closed.add(key);
  return closed;
}
