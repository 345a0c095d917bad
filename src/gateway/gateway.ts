import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Recorder } from './recorder.ts';
import type { StoredAnswers } from './stored.ts';
import type { Students } from './students.ts';
import type { Upstream } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

/** Everything an exchange needs. What the host may change while calls pass is not readonly. */
export interface Gateway {
  readonly token: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly upstream: Upstream;
  readonly recorder: Recorder;
  readonly students: Students;
  /** `x-understudy-at` and `x-understudy-trace-id` are believed: for replaying traffic of another time. */
  readonly acceptClock: boolean;
  upstreams: Upstreams;
  capturing: boolean;
  recordAgents: boolean;
  readonly stored: StoredAnswers;
  /** A call referred to an earlier answer that the provider stored: then only the provider may give such answers. */
  refersBack: boolean;
  readonly counters: { calls: number; refused: number; tunnels: number };
}
