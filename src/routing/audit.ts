import type { Certificate } from '../evaluation/certificate.ts';

/**
 * Keeps the promise checked while a student serves: a share of its answers is audited, and an e-detector raises the
 * alarm when disagreement has grown beyond epsilon. Shiryaev and Roberts' statistic as an e-detector (Shin, Ramdas and
 * Rinaldo 2023): for each alternative rate q, M <- (M + 1) * LR(e); the mean over q reaches 1 / alpha after at least
 * 1 / alpha audits on average while the promise holds, and restarts by itself, so that a good past hides no change.
 */
export interface AuditState {
  readonly standing: 'serve' | 'watch' | 'rollback';
  /** M per alternative rate, in the order of `alternatives(epsilon)`. */
  readonly statistics: readonly number[];
  readonly audits: number;
  readonly disagreements: number;
}

export interface AuditOptions {
  readonly epsilon: number;
  /** One false roll-back in at least this many audits, on average. */
  readonly audits: number;
}

export function auditOptions(certificate: Certificate): AuditOptions {
  return { epsilon: certificate.epsilon, audits: 2000 };
}

export function initialAudit({ epsilon }: AuditOptions): AuditState {
  return { standing: 'serve', statistics: alternatives(epsilon).map(() => 0), audits: 0, disagreements: 0 };
}

/** One more audited answer. Roll-back is final: only a new certificate starts a new fold. */
export function audit(state: AuditState, agree: boolean, options: AuditOptions): AuditState {
  const statistics = alternatives(options.epsilon).map((q, i) => {
    const ratio = agree ? (1 - q) / (1 - options.epsilon) : q / options.epsilon;
    return ((state.statistics[i] ?? 0) + 1) * ratio;
  });
  return {
    standing: state.standing === 'rollback' ? 'rollback' : standingOf(statistics, options),
    statistics,
    audits: state.audits + 1,
    disagreements: state.disagreements + (agree ? 0 : 1),
  };
}

function standingOf(statistics: readonly number[], options: AuditOptions): AuditState['standing'] {
  const level = mean(statistics) / options.audits;
  if (level >= 1) return 'rollback';
  return level >= 0.1 ? 'watch' : 'serve';
}

/** Rates to be told apart from epsilon: a little worse to much worse. */
function alternatives(epsilon: number): number[] {
  const rates = [1.5, 2, 3, 5, 8].map((factor) => factor * epsilon).filter((q) => q < 0.95);
  return rates.length > 0 ? rates : [(1 + epsilon) / 2];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
