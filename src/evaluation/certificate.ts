import type { Rate } from '../base/binomial.ts';

/**
 * P(disagree | served) <= epsilon with probability at least 1 - delta over the draw of the calibration data, shown by
 * Split Fixed Sequence Testing with exact binomial tails (Angelopoulos et al. 2021, Learn then Test).
 */
export interface Certificate {
  readonly epsilon: number;
  readonly delta: number;
  /** Serve where confidence >= threshold. */
  readonly threshold: number;
  /** Calibration rows in the tested set, and disagreements among them. */
  readonly n: number;
  readonly errors: number;
  /** P(at most this many errors) had the tested set the risk epsilon. */
  readonly pValue: number;
  /** Share of the calibration rows served in the end: the tested set less the buckets taken away afterwards. */
  readonly coverage: number;
}

/** A bucket's own right to be served. */
export interface BucketDecision {
  readonly bucket: string;
  readonly serve: boolean;
  /** Never below the certificate's threshold. */
  readonly threshold: number;
  readonly n: number;
  readonly errors: number;
  readonly reason: string;
}

/** P(served and disagree) <= epsilon: monotone in the threshold, so it certifies earlier. Reported beside the hard one. */
export interface JointRisk {
  readonly epsilon: number;
  readonly threshold: number;
  readonly coverage: number;
}

export type CertificationOutcome =
  | {
      readonly kind: 'certified';
      readonly certificate: Certificate;
      readonly buckets: readonly BucketDecision[];
      readonly joint: JointRisk | null;
      /** Share of the calibration rows left to the teacher in case calls of kinds never seen come; missing where none are. */
      readonly reserved?: number;
      /** How large a share of all calls those may become, with `reserved`; null: however large. */
      readonly newKinds?: number | null;
    }
  /** Stay with the teacher: a normal outcome. */
  | { readonly kind: 'refused'; readonly reason: string; readonly joint: JointRisk | null };

/** Held-out results of one slice. */
export interface BucketReport {
  readonly bucket: string;
  readonly n: number;
  /** Among those answered. */
  readonly agreement: Rate;
  readonly served: number;
  /** Among the served. */
  readonly disagreement: Rate;
}

export interface EvaluationReport {
  readonly n: number;
  /** Among the calls that the student has an answer for that it may give. */
  readonly agreement: Rate;
  /** Calls without such an answer: they cost coverage and are no disagreement. Missing in older reports, which counted them so. */
  readonly unanswered?: Rate;
  /** Share served at the certificate's threshold (0 when refused). */
  readonly coverage: number;
  readonly disagreement: Rate;
  /** Largest coverage whose realised disagreement on this set stays within the key ("0.01", "0.02", "0.05"): descriptive, no promise. */
  readonly curve: Readonly<Record<string, number>>;
  /** Points of the risk-coverage curve for the picture. */
  readonly riskCoverage: readonly {
    readonly coverage: number;
    readonly risk: number;
    readonly threshold: number;
  }[];
  readonly ece: number;
  readonly reliability: readonly {
    readonly confidence: number;
    readonly agreement: number;
    readonly n: number;
  }[];
  readonly buckets: readonly BucketReport[];
  /** Exact repeats of training inputs: reported apart, never the student's merit. */
  readonly cached: number;
  readonly novelAgreement: Rate;
}
