import http from 'node:http';
import type { Socket } from 'node:net';
import { type Log, silentLog } from '../base/log.ts';
import { MAX_HEADER_BYTES } from './answerReader.ts';
import { createConnections } from './connections.ts';
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

/** @param env where HTTPS_PROXY and NO_PROXY may name a proxy for encrypted endpoints. */
export function createUpstream(env: NodeJS.ProcessEnv = {}, log: Log = silentLog): Upstream {
  const connections = createConnections(env);
  const complained = new Map<string, number>();
  return {
    call: (target, method, headers, listener) => {
      const call = new TeacherCall(method, target.path, headers, listener);
      connections.take(target, call);
      return call;
    },
    open: (target, method, headers) => {
      const opened = http.request({
        method,
        path: target.path,
        // Of a request without a body no trailers can follow, and Node would not announce them.
        headers: withoutHeader(headers, 'trailer'),
        createConnection: (_, done) => {
          connections.open(target, (error, socket) => done(error, socket as Socket));
          return undefined;
        },
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
    close: connections.close,
  };
}
