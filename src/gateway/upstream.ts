import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { type Log, silentLog } from '../base/log.ts';
import { type Pooled, plainAgent, requestFrom, secureAgent } from './agents.ts';
import { MAX_HEADER_BYTES } from './answerReader.ts';
import { withoutHeader } from './headers.ts';
import { TeacherCall, type TeacherListener } from './teacherCall.ts';
import type { Target } from './upstreams.ts';

const COMPLAINT_MS = 60_000;

/** Connections to the providers, kept alive and reused. */
export interface Upstream {
  /** Starts a call; headers go out exactly as given. The caller writes the body. */
  call(target: Target, method: string, headers: readonly string[], listener: TeacherListener): TeacherCall;
  /** Starts a request that may lead to another protocol; the caller listens to all events. */
  open(target: Target, method: string, headers: readonly string[]): http.ClientRequest;
  /** No connection came about. The client sees none either; why, the log says, once a minute for each provider. */
  unreachable(target: Target, error: Error): void;
  close(): void;
}

/**
 * @param env where HTTPS_PROXY and NO_PROXY may name a proxy for the providers' endpoints; it sees an encrypted tunnel.
 * Needs a Node that knows proxies (24.5 or newer); older ones connect directly.
 */
export function createUpstream(env: NodeJS.ProcessEnv = {}, log: Log = silentLog): Upstream {
  const pooling = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 };
  const proxyEnv = proxiesOf(env);
  const plain = plainAgent(pooling);
  const secure = secureAgent({ ...pooling, proxyEnv });
  // What has become a tunnel carries no other call.
  const secureTunnels = new https.Agent({ proxyEnv });
  const complained = new Map<string, number>();
  const places = new Map<string, Pooled>();
  const placeOf = (target: Target): Pooled => {
    const known = places.get(target.origin);
    if (known !== undefined) return known;
    const { origin, hostname: host, port } = target;
    // An address is no name that a certificate could be asked for by.
    const place = { origin, host, port, servername: target.secure && isIP(host) === 0 ? host : '' };
    places.set(origin, place);
    return place;
  };
  return {
    call: (target, method, headers, listener) => {
      const call = new TeacherCall(method, target.path, headers, listener);
      requestFrom(target.secure ? secure : plain, call, placeOf(target));
      return call;
    },
    open: (target, method, headers) => {
      const { request } = target.secure ? https : http;
      const opened = request({
        ...placeOf(target),
        method,
        path: target.path,
        // Of a request without a body no trailers can follow, and Node would not announce them.
        headers: withoutHeader(headers, 'trailer'),
        agent: target.secure ? secureTunnels : new http.Agent(),
        setHost: false,
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      opened.maxHeadersCount = 0;
      return opened;
    },
    unreachable: ({ host }, { message }) => {
      const now = performance.now();
      if (now - (complained.get(host) ?? Number.NEGATIVE_INFINITY) < COMPLAINT_MS) return;
      complained.set(host, now);
      log.warn(`cannot reach ${host}: ${message}`);
    },
    close: () => {
      plain.destroy();
      secure.destroy();
      secureTunnels.destroy();
    },
  };
}

function proxiesOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  return Object.fromEntries(names.filter((name) => env[name]).map((name) => [name, env[name]]));
}
