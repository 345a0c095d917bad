import type { CertificationOutcome } from './certificate.ts';
import { type CertifyOptions, certify } from './certify.ts';
import type { Scored } from './prediction.ts';
import { percent } from './words.ts';

/**
 * The certificate above a floor kept for calls of kinds never seen, with what that costs: the same calibration rows tell
 * what would be served without it. That figure promises nothing.
 * @param options.floor of what else speaks against low confidences. @param reserve see `strangeFloor`.
 */
export function certifyReserved(
  validation: readonly Scored[],
  calibration: readonly Scored[],
  options: CertifyOptions,
  reserve: number,
): CertificationOutcome {
  const { floor = Number.NEGATIVE_INFINITY } = options;
  const outcome = certify(validation, calibration, { ...options, floor: Math.max(floor, reserve) });
  if (reserve <= floor) return outcome;
  const free = certify(validation, calibration, options);
  if (free.kind === 'refused') return outcome;
  const { coverage } = free.certificate;
  if (outcome.kind === 'certified')
    return { ...outcome, reserved: Math.max(0, coverage - outcome.certificate.coverage) };
  const without = `Did it not reckon with calls of kinds that it has never seen, it could answer about ${percent(coverage)}.`;
  return { ...outcome, reason: `${outcome.reason} ${without}` };
}
