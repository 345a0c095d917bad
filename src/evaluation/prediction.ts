import type { Answer } from '../wire/chat.ts';

/** What a student says to one input. */
export interface Prediction {
  /** null: the student has no answer (a slot it cannot fill). */
  readonly answer: Answer | null;
  /** Calibrated probability that the whole answer equals the teacher's; in [0, 1]. Higher means surer. */
  readonly confidence: number;
  /** Capability id that names the slice of traffic this answer belongs to; known at serve time because it is predicted. */
  readonly bucket: string;
  /**
   * Why the student may not give this answer (there is none, or it uses a capability that stays with the teacher); null
   * where it may. A withheld answer is still told, so that it can be compared with the teacher's.
   */
  readonly reason: string | null;
  /** True where the answer repeats a training call after normalisation: never counted as the student's merit. */
  readonly cached: boolean;
}

/** A prediction with the teacher's answer beside it. */
export interface Scored {
  readonly callId: string;
  readonly atMs: number;
  readonly confidence: number;
  readonly agree: boolean;
  /** False where the student has no answer that it may give: cannot be served at any threshold. */
  readonly answered: boolean;
  readonly bucket: string;
  readonly cached: boolean;
}
