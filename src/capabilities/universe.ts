import type { AssignedCall, Task } from '../tasks/task.ts';
import { type AnswerHint, declaredOffers, toolOffers } from './declared.ts';
import { type Offer, toolOffer } from './offer.ts';
import { foldLabel } from './reading.ts';
import type { Tally } from './tally.ts';
import { undeclaredOffers } from './undeclared.ts';

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
  let before: readonly Offer[] = [];
  for (const version of task.versions) {
    const own = [...declaredOffers(version, hint), ...varyingOffers(version, calls)];
    before = [...own, ...unread(own, before, version)];
    for (const found of before) {
      const offer = respell(found, spelling, tally);
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
  const spelled = otherSpellings(tally, offers);
  for (const { offer, versions, sinceMs } of offers.values()) {
    const hits = together(tally.uses.get(offer.id)?.calls ?? [], spelled.get(offer.id) ?? []);
    for (const i of hits) versions.add(tally.versions[i]!);
    entries.push({ offer, declared: true, versions, versionsKey: keyOf(versions), sinceMs, calls: hits });
  }
  const merged = new Set([...spelled.values()].flat());
  const varying = task.versions.some((version) => version.toolset.kind === 'varying');
  for (const offer of undeclaredOffers(tally, { labels: hint.kind === 'text', tools: !varying })) {
    if (offers.has(offer.id) || merged.has(offer.id)) continue;
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

  /** Calls that use a label in its own spelling or in another one. */
  function together(own: readonly number[], others: readonly string[]): readonly number[] {
    if (others.length === 0) return own;
    const calls = new Set(own);
    for (const id of others) for (const i of tally.uses.get(id)?.calls ?? []) calls.add(i);
    return [...calls].sort((a, b) => a - b);
  }
}

/** Declared label -> ids of answers that say the same in another spelling, and are not declared themselves. */
function otherSpellings(tally: Tally, declared: ReadonlyMap<string, unknown>): Map<string, string[]> {
  const byFold = new Map<string, string>();
  for (const id of declared.keys()) if (id.startsWith('label:')) byFold.set(foldLabel(id.slice(6)), id);
  const found = new Map<string, string[]>();
  for (const id of tally.uses.keys()) {
    if (!id.startsWith('label:') || declared.has(id)) continue;
    const own = byFold.get(foldLabel(id.slice(6)));
    if (own !== undefined) found.set(own, [...(found.get(own) ?? []), id]);
  }
  return found;
}

/**
 * Lists of the version before that this version's prompt does not seem to have at all. A list that was edited is read
 * again; one that vanished whole is more likely written in a way that was not understood, and nothing is dropped for it.
 */
function unread(own: readonly Offer[], before: readonly Offer[], version: Task['versions'][number]): Offer[] {
  if (version.outputFormat.kind === 'schema') return [];
  const places = new Set(own.map(placeOf));
  return before.filter((offer) => offer.within === '' && !places.has(placeOf(offer)));
}

/** The list that an offer belongs to: all labels, all values of one field, all fields. */
function placeOf(offer: Offer): string {
  return offer.kind === 'enum' ? `enum ${offer.host}` : offer.kind;
}

function keys(): (versions: ReadonlySet<number>) => string {
  return (versions) => [...versions].sort((a, b) => a - b).join();
}

/** A tool that one call in a thousand brings needs no table of its arguments. */
const OFTEN = 20;

/** Where calls bring their own tools, the union of what they brought; arguments only of tools brought often. */
function varyingOffers(version: Task['versions'][number], calls: readonly AssignedCall[]): Offer[] {
  if (version.toolset.kind !== 'varying') return [];
  const offers = new Map<string, Offer>();
  const seen = new Map<string, number>();
  for (const { call, assignment } of calls) {
    if (assignment.version !== version.version) continue;
    for (const tool of call.request.tools) {
      const key = `${tool.name} ${Object.keys(tool.parameters['properties'] ?? {}).join()}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      if (count !== 1 && count !== OFTEN) continue;
      for (const offer of count === 1 ? [toolOffer(tool.name, tool.description)] : toolOffers([tool]))
        if (!offers.has(offer.id)) offers.set(offer.id, offer);
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
    else if (use.place !== null && use.place.scope === null && use.place.value !== undefined) {
      const values = fields.get(use.place.path) ?? new Map<string, number>();
      fields.set(use.place.path, values.set(String(use.place.value), use.calls.length));
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

function respell(offer: Offer, spelling: ReadonlyMap<string, string>, tally: Tally): Offer {
  if (offer.kind !== 'label' || tally.uses.has(offer.id)) return offer;
  const written = spelling.get(foldLabel(offer.name));
  return written === undefined || written === offer.name
    ? offer
    : { ...offer, id: `label:${written}`, name: written };
}
