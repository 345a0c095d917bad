import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { type Log, silentLog } from '../base/log.ts';
import { type Pooled, plainAgent, secureAgent } from './agents.ts';
import { withoutHeader } from './headers.ts';
import type { Target } from './upstreams.ts';

/** Largest header block of an answer, bytes: far above what any provider sends, far below what would hurt. */
export const MAX_HEADER_BYTES = 1 << 20;

const COMPLAINT_MS = 60_000;

/** Connections to the providers, kept alive and reused. */
export interface Upstream {
  /** Starts a request; headers go out exactly as given. The caller writes the body and listens to all events. */
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
  const plain = plainAgent(pooling);
  const secure = secureAgent({ ...pooling, proxyEnv: proxiesOf(env) });
  const complained = new Map<string, number>();
  return {
    open: (target, method, headers) => {
      const { request } = target.secure ? https : http;
      const options: http.RequestOptions & Pooled = {
        host: target.hostname,
        port: target.port,
        method,
        path: target.path,
        agent: target.secure ? secure : plain,
        origin: target.origin,
        setHost: false,
        maxHeaderSize: MAX_HEADER_BYTES,
        // An address is no name that a certificate could be asked for by.
        ...(target.secure && isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
      };
      const opened = request(options);
      opened.maxHeadersCount = 0;
      writeHead(opened, `${method} ${target.path} HTTP/1.1\r\n`, headers);
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
    },
  };
}

/** What Node's messages have to write a head with, though its types do not say so. */
interface HeadWriter {
  _storeHeader(firstLine: string, headers: readonly string[]): void;
}

/** Only what the client said: no connection header and no framing of Node's own. */
function writeHead(request: http.ClientRequest, firstLine: string, headers: readonly string[]): void {
  for (const name of ownHeaders) request.removeHeader(name);
  const writer = request as unknown as HeadWriter;
  try {
    writer._storeHeader(firstLine, headers);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP_TRAILER_INVALID') throw error;
    writer._storeHeader(firstLine, withoutHeader(headers, 'trailer'));
  }
}

const ownHeaders = ['connection', 'content-length', 'transfer-encoding'];

function proxiesOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  return Object.fromEntries(names.filter((name) => env[name]).map((name) => [name, env[name]]));
}
