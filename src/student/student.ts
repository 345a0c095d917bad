import type { Json } from '../base/json.ts';
import type { Result } from '../base/result.ts';
import type { Dataset, ModelInput } from '../dataset/example.ts';
import type { SelfAgreement } from '../evaluation/ceiling.ts';
import type { CertificationOutcome, EvaluationReport } from '../evaluation/certificate.ts';
import type { Prediction, Scored } from '../evaluation/prediction.ts';
import type { bundleFormat } from './format.ts';
import type { PrecisionChoice } from './precision.ts';
import type { ReasoningTrial } from './reasoning.ts';

export type Rung = 'cache' | 'wide' | 'wide+deep' | 'generator';
/** webgpu-f16 is webgpu with the matrix products of training in half precision. */
export type Device = 'cpu' | 'webgpu' | 'webgpu-f16';
export type DeviceChoice = Device | 'auto';

/** What to build. With the dataset's fingerprint and the seed it determines the student. */
export interface StudentSpec {
  readonly rungs: readonly Rung[];
  readonly seed: number;
  readonly device: DeviceChoice;
  readonly epsilon: number;
  readonly delta: number;
  /**
   * The promise is kept though so large a share of the calls becomes of kinds never seen; 0: they are not reckoned with,
   * null or missing: as many as the traffic suggests.
   */
  readonly newKinds?: number | null;
  /** Hyper-parameters that differ from the defaults; recorded in the card. */
  readonly overrides: Readonly<Record<string, Json>>;
}

/** Everything a person or a loader needs to know about a bundle. Stored as card.json. */
export interface ModelCard {
  readonly format: typeof bundleFormat;
  readonly taskId: string;
  readonly taskName: string;
  readonly version: number;
  /** Template versions whose calls the student may answer: those its certificate was chosen on. */
  readonly versions: readonly number[];
  readonly templateHash: string;
  readonly capabilities: {
    readonly keep: readonly string[];
    readonly route: readonly string[];
    readonly drop: readonly string[];
    readonly signedBy: string | null;
    readonly signedMs: number | null;
    /** Changes of the set that nobody had agreed to: the student was built without them. */
    readonly waiting?: readonly string[];
  };
  readonly fingerprint: string;
  readonly spec: StudentSpec;
  readonly rung: Rung;
  readonly parameters: number;
  readonly bytes: number;
  readonly device: Device;
  /** Why its networks learned there, in words; missing where there are none. */
  readonly deviceReason?: string;
  readonly trainSeconds: number;
  readonly examples: {
    readonly train: number;
    readonly validation: number;
    readonly calibration: number;
    readonly test: number;
  };
  /** Teacher models with the number of training rows each gave. */
  readonly provenance: Readonly<Record<string, number>>;
  /** Training answers left out as slips of the teacher: the student agrees more often without them. */
  readonly slips?: number;
  /** How the weights were written, and why; missing where there are none. */
  readonly precision?: PrecisionChoice;
  /** Whether the words of the teacher's reasoning were learned beside its answers, and what that was worth. */
  readonly reasoning?: ReasoningTrial;
  /** How often the teacher says the same again; null or missing where too few inputs came again. */
  readonly selfAgreement?: SelfAgreement | null;
  /** The user's decision on each provider's terms at training time. */
  readonly terms: Readonly<Record<string, string>>;
  readonly outcome: CertificationOutcome;
  readonly report: EvaluationReport | null;
  readonly createdMs: number;
  /** sha256 of each other file of the bundle. */
  readonly files: Readonly<Record<string, string>>;
  /** How it learned, at most 200 points: kept in curve.json beside the card, as it takes no part in any answer. */
  readonly curve?: readonly LearningPoint[];
}

/** The end of one pass over the training rows, or of one fold of them. */
export interface LearningPoint {
  /** What learned: wide, tagger, pilot, trial, or a network. Steps begin anew with each. */
  readonly series: string;
  readonly step: number;
  /** Mean loss over the training rows. */
  readonly loss: number;
  /** Mean loss over the rows kept aside; null where there are none. */
  readonly validation: number | null;
  /** With the last point of what was stopped early: after which pass, and why, in words. */
  readonly ended?: string;
}

export interface TrainProgress {
  readonly stage: 'prepare' | 'wide' | 'deep' | 'select' | 'calibrate' | 'export' | 'verify';
  /** 0..1 over the whole job. */
  readonly fraction: number;
  readonly message: string;
  /** What the training that begins will take, in words: it holds until another one is told. */
  readonly plan?: string;
  /** Present where a curve has a new point. */
  readonly point?: LearningPoint;
}

export interface TrainOptions {
  /** Bundle folder to create; written beside it and renamed. */
  readonly target: string;
  /** Where checkpoints go; a killed run goes on from the last one. */
  readonly checkpoints: string;
  readonly taskName: string;
  /** The program of a thread and how many of them may help; left out: one thread does it all, and learns the same. */
  readonly threads?: { readonly entry: string; readonly count: number };
  readonly capabilities: ModelCard['capabilities'];
  readonly terms: ModelCard['terms'];
  readonly onProgress: (progress: TrainProgress) => void;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** A loaded bundle. `predict` answers exactly as the trainer's evaluation did. */
export interface Student {
  readonly card: ModelCard;
  predict(inputs: readonly ModelInput[]): Promise<readonly Prediction[]>;
  dispose(): Promise<void>;
}

/** Why a bundle was not loaded. */
export interface BundleError {
  readonly code: 'missing' | 'damaged' | 'too-old' | 'too-new';
  readonly message: string;
}

/** Trains, selects a rung, certifies and writes the bundle; the report is computed on the exported files. */
export type TrainStudent = (
  dataset: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
) => Promise<{
  readonly card: ModelCard;
  readonly scored: { readonly calibration: readonly Scored[]; readonly test: readonly Scored[] };
}>;

export type LoadStudent = (folder: string) => Promise<Result<Student, BundleError>>;
