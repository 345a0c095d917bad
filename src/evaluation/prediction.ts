import type { Answer } from '../wire/chat.ts';

/** What a student says to one input. */
export interface Prediction {
  /** null: the student has no answer (a slot it cannot fill, a routed capability). */
  readonly answer: Answer | null;
  /** Calibrated probability that the whole answer equals the teacher's; in [0, 1]. Higher means surer. */
  readonly confidence: number;
  /** Capability id that names the slice of traffic this answer belongs to; known at serve time because it is predicted. */
  readonly bucket: string;
  /** Why there is no answer, or what makes the student doubt; null where nothing does. */
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
  /** False where the student has no answer: cannot be served at any threshold. */
  readonly answered: boolean;
  readonly bucket: string;
  readonly cached: boolean;
}
