import type { Capability, CapabilityStatus, Catalogue } from './capability.ts';
import { countText, percentText, plural } from './words.ts';

/** One thing that the traffic says about a task, in words with its figures. */
export interface Finding {
  readonly id: 'novelty' | 'worth' | 'shared' | 'new' | 'dormant' | 'retired' | 'unaudited';
  readonly title: string;
  readonly text: string;
}

/** What the counts of a catalogue mean, for a person: how much is new, how much the calls are worth, what came and went. */
export function findings(catalogue: Catalogue): Finding[] {
  return [
    ...noveltyOf(catalogue),
    ...changesOf(catalogue, 'new', 'New'),
    ...changesOf(catalogue, 'dormant', 'Gone quiet'),
    ...changesOf(catalogue, 'retired', 'Retired'),
    ...worthOf(catalogue),
    ...sharedOf(catalogue),
    ...uncheckedOf(catalogue),
  ];
}

function noveltyOf({ novelty: { rate, upper } }: Catalogue): Finding[] {
  if (rate.n === 0) return [];
  const text = `${countText(rate.hits)} of the newer ${plural(rate.n, 'call')} used something that the older half had never used. With 95 % confidence at most ${percentText(upper)} of next week's calls will, if the traffic stays what it is.`;
  return [{ id: 'novelty', title: `At most ${percentText(upper)} will need something never seen`, text }];
}

const SHOWN = 4;

function changesOf(catalogue: Catalogue, status: CapabilityStatus, title: string): Finding[] {
  const found = catalogue.capabilities
    .filter((c) => c.status === status && c.fired > 0)
    .sort((a, b) => b.fired - a.fired);
  if (found.length === 0) return [];
  const more = found.length > SHOWN ? ` And ${countText(found.length - SHOWN)} more.` : '';
  const text = `${found.slice(0, SHOWN).map(told).join(' ')}${more}`;
  return [{ id: status as 'new', title: `${title}: ${plural(found.length, 'capability')}`, text }];
}

function told({ name, fired, opportunities, rate, firstSeenMs, lastSeenMs, status }: Capability): string {
  const when = status === 'new' ? `first on ${day(firstSeenMs)}` : `last on ${day(lastSeenMs)}`;
  return `${name}: ${when}, ${countText(fired)} of ${countText(opportunities)} (${percentText(rate.lower)} to ${percentText(rate.upper)}).`;
}

function day(ms: number | null): string {
  return ms === null ? 'no day' : new Date(ms).toISOString().slice(0, 10);
}

function worthOf({ worth }: Catalogue): Finding[] {
  if (worth === undefined || worth.normal === 0 || worth.effective >= 0.95 * worth.normal) return [];
  const text = `Repeats of one day count once, and calls of one burst speak for each other. Bounds are computed on ${countText(worth.effective)}, not on ${countText(worth.normal)}.`;
  const title = `${plural(worth.normal, 'call')} are worth ${countText(worth.effective)}`;
  return [{ id: 'worth', title, text }];
}

function sharedOf({ worth, capabilities }: Catalogue): Finding[] {
  if (worth === undefined || worth.silent < 2) return [];
  const never = capabilities.filter((c) => c.fired === 0).length;
  const text = `All bounds hold together with ${percentText(1 - worth.delta)} confidence: the error probability of ${percentText(worth.delta)} is shared among ${countText(worth.silent)} questions, ${percentText(worth.delta / worth.silent)} each.`;
  return [{ id: 'shared', title: `${countText(never)} never fired, looked at together`, text }];
}

function uncheckedOf({ worth }: Catalogue): Finding[] {
  if (worth === undefined || worth.unaudited === 0) return [];
  const audits =
    worth.audited === 0
      ? 'None of them was audited.'
      : `${countText(worth.audited)} audited ones stand for them: each counts ${countText(worth.auditWeight)} times in shares of the traffic, and once as evidence.`;
  const text = `Nobody knows what the teacher would have said, so they are no chance for anything. ${audits}`;
  return [
    { id: 'unaudited', title: `${plural(worth.unaudited, 'call')} answered by the student unchecked`, text },
  ];
}
