import type { AssignedCall, Task } from '../tasks/task.ts';
import type { CapabilityKind } from './capability.ts';
import { type AnswerHint, declaredOffers, parentOf, toolOffers } from './declared.ts';
import { enumOffer, type Offer } from './offer.ts';
import { foldLabel } from './reading.ts';
import type { Tally } from './tally.ts';

/** A capability to be judged: what it is, where it was on offer, which calls used it. */
export interface Entry {
  readonly offer: Offer;
  readonly declared: boolean;
  /** Versions in which it could fire. */
  readonly versions: ReadonlySet<number>;
  readonly versionsKey: string;
  /** First call of the first version that declares it; null where it is only observed. */
  readonly sinceMs: number | null;
  readonly calls: readonly number[];
}

/** Everything declared by any version, and everything else that answers used. */
export function universe(task: Task, calls: readonly AssignedCall[], tally: Tally): Entry[] {
  const hint = hintOf(task, tally);
  const offers = new Map<string, { offer: Offer; versions: Set<number>; sinceMs: number }>();
  const spelling = observedSpelling(tally);
  for (const version of task.versions) {
    for (const found of [...declaredOffers(version, hint), ...varyingOffers(version, calls)]) {
      const offer = respell(found, spelling);
      const known = offers.get(offer.id);
      if (known === undefined)
        offers.set(offer.id, { offer, versions: new Set([version.version]), sinceMs: version.firstMs });
      else {
        known.versions.add(version.version);
        known.sinceMs = Math.min(known.sinceMs, version.firstMs);
      }
    }
  }
  const all = new Set(task.versions.map((version) => version.version));
  for (const version of tally.versions) all.add(version);
  const entries: Entry[] = [];
  const keyOf = keys();
  for (const { offer, versions, sinceMs } of offers.values()) {
    const hits = tally.uses.get(offer.id)?.calls ?? [];
    for (const i of hits) versions.add(tally.versions[i]!);
    entries.push({ offer, declared: true, versions, versionsKey: keyOf(versions), sinceMs, calls: hits });
  }
  for (const offer of observedOffers(tally, hint)) {
    if (offers.has(offer.id)) continue;
    const hits = tally.uses.get(offer.id)?.calls ?? [];
    entries.push({
      offer,
      declared: false,
      versions: all,
      versionsKey: keyOf(all),
      sinceMs: null,
      calls: hits,
    });
  }
  return entries;
}

function keys(): (versions: ReadonlySet<number>) => string {
  return (versions) => [...versions].sort((a, b) => a - b).join();
}

/** Where calls bring their own tools, the union of what they brought. */
function varyingOffers(version: Task['versions'][number], calls: readonly AssignedCall[]): Offer[] {
  if (version.toolset.kind !== 'varying') return [];
  const offers = new Map<string, Offer>();
  const seen = new Set<string>();
  for (const { call, assignment } of calls) {
    if (assignment.version !== version.version) continue;
    for (const tool of call.request.tools) {
      const key = `${tool.name} ${Object.keys(tool.parameters['properties'] ?? {}).join()}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const offer of toolOffers([tool])) if (!offers.has(offer.id)) offers.set(offer.id, offer);
    }
  }
  return [...offers.values()];
}

/** What the answers look like, from the answers themselves. */
export function hintOf(task: Pick<Task, 'output'>, tally: Tally): AnswerHint {
  const labels = new Map<string, number>();
  const fields = new Map<string, Map<string, number>>();
  let tools = 0;
  for (const [id, use] of tally.uses) {
    if (id.startsWith('label:')) {
      const label = foldLabel(id.slice(6));
      labels.set(label, (labels.get(label) ?? 0) + use.calls.length);
    } else if (id.startsWith('tool:')) tools += use.calls.length;
    else if (use.value !== null && use.value.scope === null) {
      const values = fields.get(use.value.path) ?? new Map<string, number>();
      fields.set(use.value.path, values.set(String(use.value.value), use.calls.length));
    }
  }
  const kinds = {
    labels: 'text',
    'multi-label': 'text',
    'label-then-text': 'text',
    json: 'json',
    tools: 'tools',
  } as const;
  const { kind } = task.output;
  const known =
    kind in kinds
      ? kinds[kind as keyof typeof kinds]
      : kind === 'text' || kind === 'template-text'
        ? 'free'
        : 'unknown';
  return { kind: tools > 0 && known === 'unknown' ? 'tools' : known, labels, fields };
}

/** Folded label -> the spelling that answers use most. */
function observedSpelling(tally: Tally): Map<string, string> {
  const best = new Map<string, { id: string; count: number }>();
  for (const [id, use] of tally.uses) {
    if (!id.startsWith('label:')) continue;
    const key = foldLabel(id.slice(6));
    if ((best.get(key)?.count ?? 0) < use.calls.length)
      best.set(key, { id: id.slice(6), count: use.calls.length });
  }
  return new Map([...best].map(([key, { id }]) => [key, id]));
}

function respell(offer: Offer, spelling: ReadonlyMap<string, string>): Offer {
  if (offer.kind !== 'label') return offer;
  const written = spelling.get(foldLabel(offer.name));
  return written === undefined || written === offer.name
    ? offer
    : { ...offer, id: `label:${written}`, name: written };
}

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
const always: readonly string[] = ['refusal:refusal', 'refusal:hedge', 'image:image', 'turns:2-3'];

function observedOffers(tally: Tally, hint: AnswerHint): Offer[] {
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
    if (id.startsWith('label:')) {
      if (hint.kind === 'text') add(id);
    } else if (use.value !== null) {
      const { scope, path, value } = use.value;
      if (enumerated.has(`${scope}.${path}`))
        offers.push(enumOffer({ scope, path, parent: parentOf(path), value, description: '' }));
    } else if (id.startsWith('argument:') || id.startsWith('field:')) {
      const colon = id.indexOf(':');
      const dot = id.lastIndexOf('.');
      const kind = id.slice(0, colon) as CapabilityKind;
      const parent = dot < 0 ? '' : id.slice(0, dot);
      const within =
        kind === 'argument' && !parent.includes('.') ? `tool:${parent.slice(colon + 1)}` : parent;
      offers.push({ id, kind, name: id.slice(colon + 1), description: '', within, host: null });
    } else add(id);
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
    if (use.value === null) continue;
    const key = `${use.value.scope}.${use.value.path}`;
    const place = places.get(key) ?? { n: 0, distinct: 0, once: 0, checked: 0, copied: 0 };
    place.n += use.calls.length;
    place.distinct++;
    if (use.calls.length === 1) place.once++;
    const text = String(use.value.value).toLowerCase();
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
