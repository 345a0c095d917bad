import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import { readBody } from './body.ts';
import { refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';
import type { RecorderStats } from './recorder.ts';
import type { RecordingRules } from './recording.ts';
import type { HandedOver } from './setup.ts';
import type { Counts } from './tally.ts';
import { officialUpstreams, type Upstreams } from './upstreams.ts';

/** What the host is told about a running gateway. */
export interface GatewayStats {
  readonly version: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly calls: number;
  readonly refused: number;
  readonly tunnels: number;
  readonly capturing: boolean;
  readonly residentBytes: number;
  readonly recorder: RecorderStats;
  /** By task id; only tasks with a policy. */
  readonly tasks: Readonly<Record<string, Counts>>;
}

/** What the host may change while the gateway runs. */
export interface GatewaySettings {
  readonly capturing?: boolean;
  /** Traffic of coding agents is recorded too. */
  readonly recordAgents?: boolean;
  /** Base URLs by provider; a provider that is left out keeps the official one. */
  readonly upstreams?: Partial<Upstreams>;
  /** What is taken out of calls, and how long they are kept. */
  readonly recording?: RecordingRules;
}

/** What the control channel needs beside the gateway. */
export interface Steering {
  stats(): GatewayStats;
  renew(): void;
  stop(): void;
}

/** Answers a request of the host: `POST /<control token>/<verb>` with a JSON body, a JSON answer. */
export async function control(
  gateway: Gateway,
  steering: Steering,
  verb: string,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
): Promise<void> {
  const body = await readBody(req);
  if (body.kind !== 'whole') return refuse(res, 400, 'The control request was cut short.');
  const params = parseJson(body.bytes.toString('utf8'));
  steering.renew();
  switch (verb) {
    case 'stats':
      return reply(res, steering.stats());
    case 'renew':
      return reply(res, null);
    case 'reload':
      await gateway.students.reload();
      return reply(res, null);
    case 'forget':
      gateway.stored.forget();
      return reply(res, null);
    case 'hand-over':
      return reply(res, {
        answers: gateway.stored.handOver(),
        refersBack: gateway.refersBack,
      } satisfies HandedOver);
    case 'flush':
      await gateway.recorder.flush();
      return reply(res, null);
    case 'configure':
      configure(gateway, isObject(params) ? params : {});
      return reply(res, null);
    case 'stop':
      reply(res, null);
      return steering.stop();
    default:
      return refuse(res, 404, `There is no control request called ${verb}.`);
  }
}

export function configure(gateway: Gateway, settings: JsonObject): void {
  if (typeof settings['capturing'] === 'boolean') gateway.capturing = settings['capturing'];
  if (typeof settings['recordAgents'] === 'boolean') gateway.recordAgents = settings['recordAgents'];
  if (isObject(settings['upstreams']))
    gateway.upstreams = completeUpstreams(settings['upstreams'] as Partial<Upstreams>);
  if (isObject(settings['recording']))
    gateway.recorder.configure(settings['recording'] as unknown as RecordingRules);
}

/** The official endpoints with the given ones in their place. */
export function completeUpstreams(given: Partial<Upstreams>): Upstreams {
  const set = Object.entries(given).filter(
    ([, url]) => typeof url === 'string' && URL.canParse(url.replace('{resource}', 'x')),
  );
  return { ...officialUpstreams, ...Object.fromEntries(set) };
}

function reply(res: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
