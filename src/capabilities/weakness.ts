import type { Rate } from '../base/binomial.ts';
import type { Catalogue } from './capability.ts';

/** What the weakness map needs of an evaluation: agreement by bucket. Buckets are named by capability id. */
export interface EvaluationLike {
  readonly buckets: readonly { readonly bucket: string; readonly agreement: Rate }[];
}

/** The same catalogue with the student's agreement beside each capability: offered, fired, kept, and how well. */
export function withAgreement(catalogue: Catalogue, evaluation: EvaluationLike): Catalogue {
  const agreement = new Map(evaluation.buckets.map((bucket) => [bucket.bucket, bucket.agreement]));
  return {
    ...catalogue,
    capabilities: catalogue.capabilities.map((capability) => {
      const rate = agreement.get(capability.id);
      return rate === undefined ? capability : { ...capability, agreement: rate };
    }),
  };
}
