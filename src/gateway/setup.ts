import type { Retention } from '../traces/maintenance.ts';
import type { RedactionSettings } from '../traces/redact.ts';
import type { GatewaySettings } from './control.ts';
import type { Lease } from './lease.ts';
import type { StoredAnswer } from './stored.ts';

/** What the host tells a gateway process when it starts it, as JSON on its standard input. */
export interface GatewaySetup {
  readonly storage: string;
  readonly version: string;
  /** 0: any. */
  readonly port: number;
  readonly token: string;
  readonly controlToken: string;
  readonly settings: GatewaySettings;
  readonly redaction: RedactionSettings;
  readonly retention: Retention;
  /** Program of the predicting worker; null: no students. */
  readonly workerEntry: string | null;
  readonly acceptClock: boolean;
  /** Seconds without a word from a host after which the gateway ends; null: it stays. */
  readonly leaseSeconds: number | null;
  /** What the gateway whose place this one takes had in memory; null: there is none, or it has died. */
  readonly handed: HandedOver | null;
}

/** What later calls may need of earlier ones. */
export interface HandedOver {
  readonly answers: readonly StoredAnswer[];
  readonly refersBack: boolean;
}

/** First line that a gateway process writes. */
export type Announcement =
  | { readonly ready: true; readonly lease: Lease }
  | { readonly ready: false; readonly code: string; readonly message: string };
