import type { CertificationOutcome } from './certificate.ts';
import { type CertifyOptions, certify } from './certify.ts';
import type { Scored } from './prediction.ts';
import { type Familiarity, strangeFloor } from './strange.ts';
import { percent } from './words.ts';

/** What is kept for calls of kinds never seen. */
export interface Reserve {
  /** Nothing below this confidence is served. */
  readonly floor: number;
  /** How large a share of the calls they may become; null: however large. */
  readonly newKinds: number | null;
}

/** The strictest of the floors that several ways of being strange ask for. */
export function reserveOf(
  validation: readonly Scored[],
  familiarity: readonly Familiarity[],
  epsilon: number,
): Reserve {
  const none: Reserve = { floor: Number.NEGATIVE_INFINITY, newKinds: 0 };
  return familiarity
    .map((own): Reserve => ({ floor: strangeFloor(validation, own, epsilon), newKinds: own.share }))
    .reduce((strictest, own) => (own.floor > strictest.floor ? own : strictest), none);
}

/**
 * The certificate above a floor kept for calls of kinds never seen, with what that costs: the same calibration rows tell
 * what would be served without it. That figure promises nothing.
 * @param options.floor of what else speaks against low confidences.
 */
export function certifyReserved(
  validation: readonly Scored[],
  calibration: readonly Scored[],
  options: CertifyOptions,
  { floor: reserve, newKinds }: Reserve,
): CertificationOutcome {
  const { floor = Number.NEGATIVE_INFINITY } = options;
  const outcome = certify(validation, calibration, { ...options, floor: Math.max(floor, reserve) });
  if (reserve <= floor) return outcome;
  const free = certify(validation, calibration, options);
  if (free.kind === 'refused') return outcome;
  const { coverage } = free.certificate;
  if (outcome.kind === 'certified')
    return { ...outcome, reserved: Math.max(0, coverage - outcome.certificate.coverage), newKinds };
  const without = `Did it not reckon with calls of kinds that it has never seen (${newKindsWords(newKinds)}), it could answer about ${percent(coverage)}.`;
  return { ...outcome, reason: `${outcome.reason} ${without}` };
}

/** How many calls of new kinds a student reckons with, in words. */
export function newKindsWords(share: number | null): string {
  return share === null ? 'however many' : `up to ${percent(share)} of all`;
}
