import type { OwnPrices } from '../capabilities/prices.ts';
import type { DeviceChoice } from '../student/student.ts';
import type { Retention } from '../traces/maintenance.ts';
import type { RedactionSettings } from '../traces/redact.ts';

/** What the user can set; the defaults are what most people should keep. */
export interface AppSettings {
  /** Provider -> base URL without the version part. Empty: the provider's official endpoint. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** Preferred port of the gateway; 0 picks a free one and keeps it. */
  readonly port: number;
  /** Promise: at most this share of the student's answers differs from the teacher's ... */
  readonly epsilon: number;
  /** ... except with this probability. */
  readonly delta: number;
  /** The promise is kept though so large a share of the calls becomes of kinds never seen; null: as each task's traffic suggests. */
  readonly newKinds: number | null;
  readonly device: DeviceChoice;
  readonly deadlineMs: number;
  readonly auditShare: number;
  readonly captureAgents: boolean;
  /** Analyse by itself when enough new traffic has come in. */
  readonly autoAnalyse: boolean;
  /** Days after which traces are deleted; 0 keeps them. */
  readonly retentionDays: number;
  /** Megabytes of traces on disk beyond which the oldest are deleted; 0: without limit. */
  readonly retentionMegabytes: number;
  /** What the user pays for a model; other models have their list price. */
  readonly prices: OwnPrices;
  /** What is removed from traces beside keys and tokens. */
  readonly redaction: RedactionSettings;
}

export const defaultSettings: AppSettings = {
  upstreams: {},
  port: 0,
  epsilon: 0.02,
  delta: 0.05,
  newKinds: null,
  device: 'auto',
  deadlineMs: 250,
  auditShare: 0.02,
  captureAgents: false,
  autoAnalyse: true,
  retentionDays: 0,
  retentionMegabytes: 0,
  prices: {},
  redaction: {},
};

export function retentionOf({ retentionDays, retentionMegabytes }: AppSettings): Retention {
  return {
    ...(retentionDays > 0 ? { maxAgeMs: retentionDays * 86_400_000 } : {}),
    ...(retentionMegabytes > 0 ? { maxBytes: retentionMegabytes * 2 ** 20 } : {}),
  };
}
