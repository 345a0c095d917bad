import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { headerOf, type RawHeaders } from './headers.ts';

/** What Node's agents are asked for by a request, though their types do not say so; every agent that replaces one has it. */
interface Requested {
  addRequest(req: Requesting, options: Pooled): void;
}

/** What an agent wants of a request: less than Node's own class is, and as old as agents are. */
export interface Requesting {
  /** Its connection, or why there is none. */
  onSocket(socket: Socket | null | undefined, error?: Error | null): void;
  emit(event: string, error?: Error): boolean;
  reusedSocket: boolean;
  /** Where it is set when the connection emits `free`, that one may be used again. */
  shouldKeepAlive: boolean;
  /** The answer. */
  readonly res?: { readonly rawHeaders: RawHeaders } | undefined;
}

/** What a connection is the connection of; agents keep it there. */
export interface Carrying {
  _httpMessage?: Requesting | null;
}

/** Where connections lead to. */
export interface Pooled {
  /** Scheme, host and port: requests with the same one may use the same connections. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** The name to ask a certificate for by; empty: none. */
  readonly servername: string;
}

/** Asks for a connection, which `onSocket` gets: at once where one is free. */
export function requestFrom(agent: http.Agent, request: Requesting, place: Pooled): void {
  (agent as unknown as Requested).addRequest(request, place);
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
    // Node's types name the class, its code the little of it that is used.
    agent.reuseSocket(socket, req as http.ClientRequest);
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
  const answered = (socket as Carrying)._httpMessage?.res;
  const hint = answered === undefined ? null : headerOf(answered.rawHeaders, 'keep-alive');
  const seconds = hint === null ? undefined : /(?:^|[,\s])timeout=(\d+)/i.exec(hint)?.[1];
  return seconds === undefined || Number(seconds) >= MIN_KEPT_SECONDS;
}
