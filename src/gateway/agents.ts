import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { headerOf } from './headers.ts';

/** What Node's agents are asked for by a request, though their types do not say so; every agent that replaces one has it. */
interface Requested {
  addRequest(req: http.ClientRequest, options: Pooled): void;
}

/** A request option of ours. */
export interface Pooled {
  /** Scheme, host and port: requests with the same one may use the same connections. */
  readonly origin: string;
}

export const plainAgent = (options: http.AgentOptions): http.Agent => lean(new http.Agent(options));
export const secureAgent = (options: https.AgentOptions): https.Agent => lean(new https.Agent(options));

/**
 * An agent with less to do for a call, which is a tenth of what a call costs: connections are pooled by origin, not by a
 * text of every option there is; a free one is handed over as it is; and an answer's headers are not all taken apart for
 * the one that concerns the connection.
 */
function lean<A extends http.Agent>(agent: A): A {
  const { freeSockets, sockets } = agent as {
    readonly freeSockets: Record<string, Socket[]>;
    readonly sockets: Record<string, Socket[]>;
  };
  const requested = agent as unknown as Requested;
  const addRequest = requested.addRequest.bind(agent);
  agent.getName = (options) => (options as unknown as Pooled).origin;
  agent.keepSocketAlive = keepAlive;
  requested.addRequest = (req, options) => {
    const socket = freeSockets[options.origin]?.pop();
    if (socket === undefined || socket.destroyed) return addRequest(req, options);
    agent.reuseSocket(socket, req);
    req.onSocket(socket);
    const used = sockets[options.origin];
    if (used === undefined) sockets[options.origin] = [socket];
    else used.push(socket);
  };
  return agent;
}

/** Kept by the other side for no longer than this, a connection is likelier to end under a call than to serve it, seconds. */
const MIN_KEPT_SECONDS = 2;

function keepAlive(socket: Socket): boolean {
  socket.setKeepAlive(true, 1000);
  socket.unref();
  const answered = (socket as { _httpMessage?: { res?: http.IncomingMessage } | null })._httpMessage?.res;
  const hint = answered === undefined ? null : headerOf(answered.rawHeaders, 'keep-alive');
  const seconds = hint === null ? undefined : /(?:^|[,\s])timeout=(\d+)/i.exec(hint)?.[1];
  return seconds === undefined || Number(seconds) >= MIN_KEPT_SECONDS;
}
