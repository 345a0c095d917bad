import net, { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { type Opened, proxyFor, throughProxy } from './proxy.ts';
import type { Target } from './upstreams.ts';

/** Who uses a connection: one at a time. */
export interface Caller {
  connected(connection: Connection): void;
  /** The bytes are only lent: the next ones come into the same memory. */
  received(bytes: Buffer): void;
  drained(): void;
  /** It broke, or did not come about; null: the other side ended it. */
  failed(error: Error | null): void;
}

/** Connections to teachers, kept while nobody uses them. */
export interface Connections {
  /** Gives the caller a connection: at once where one is idle or no proxy has to be asked. */
  take(target: Target, caller: Caller): void;
  /** Opens one that is never kept. */
  open(target: Target, opened: Opened): void;
  close(): void;
}

/** Idle connections to one teacher at most. */
const MAX_IDLE = 256;
const PROBE_AFTER_MS = 1000;

/** Where connections lead to. */
interface Place {
  readonly idle: Connection[];
  /** What the last encrypted connection left for the next one to begin with. */
  session: Buffer | null;
}

/**
 * One connection and who uses it. It is listened to once for all the calls that it carries; between them nobody expects a
 * byte of it, so that whatever comes then ends it.
 */
export class Connection {
  readonly socket: Socket;
  readonly #place: Place;
  #caller: Caller | null = null;
  #isReused = false;

  constructor(socket: Socket, place: Place, ended: () => void) {
    this.socket = socket;
    this.#place = place;
    const failed = (error: Error | null): void => {
      const caller = this.#caller;
      if (caller === null) this.#leave();
      else caller.failed(error);
    };
    socket.on('data', (bytes: Buffer) => this.received(bytes));
    socket.on('drain', () => this.#caller?.drained());
    socket.on('error', failed);
    socket.on('end', () => failed(null));
    socket.on('close', () => {
      failed(null);
      ended();
    });
  }

  received(bytes: Buffer): void {
    if (this.#caller === null) this.#leave();
    else this.#caller.received(bytes);
  }

  /** It has served another call before. */
  get isReused(): boolean {
    return this.#isReused;
  }

  use(caller: Caller): void {
    this.#caller = caller;
    caller.connected(this);
  }

  /** Takes it out of the idle ones for another call. */
  reuse(caller: Caller): void {
    this.#isReused = true;
    this.socket.ref();
    this.use(caller);
  }

  /** The call is over; the next one may have it. */
  keep(): void {
    this.#caller = null;
    const { socket } = this;
    if (!socket.writable || this.#place.idle.length >= MAX_IDLE) {
      socket.destroy();
      return;
    }
    // A call whose client was slow may have held it up.
    if (socket.isPaused()) socket.resume();
    socket.unref();
    this.#place.idle.push(this);
  }

  /** The call is over and nothing may follow it. */
  end(): void {
    this.#caller = null;
    this.socket.destroySoon();
  }

  #leave(): void {
    const at = this.#place.idle.indexOf(this);
    if (at >= 0) this.#place.idle.splice(at, 1);
    this.socket.destroy();
  }
}

/** @param env where HTTPS_PROXY and NO_PROXY may name a proxy for encrypted endpoints; what it carries it cannot read. */
export function createConnections(env: NodeJS.ProcessEnv): Connections {
  const places = new Map<string, Place>();
  const all = new Set<Socket>();
  const placeOf = ({ origin }: Target): Place => {
    let place = places.get(origin);
    if (place === undefined) {
      place = { idle: [], session: null };
      places.set(origin, place);
    }
    return place;
  };

  const encrypted = (target: Target, place: Place, through: Socket | null): Socket => {
    const { hostname: host, port } = target;
    const socket = tls.connect({
      ...(through === null ? { host, port, ...tuning } : { socket: through, host }),
      // An address is no name that a certificate could be asked for by.
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      ...(place.session === null ? {} : { session: place.session }),
    });
    socket.on('session', (session) => {
      place.session = session;
    });
    socket.on('error', () => {
      place.session = null;
    });
    return socket;
  };
  const open = (target: Target, opened: Opened): void => {
    const { hostname: host, port } = target;
    if (!target.secure) {
      opened(null, net.connect({ host, port, ...tuning }));
      return;
    }
    const place = placeOf(target);
    const proxy = proxyFor(env, host, port);
    if (proxy === null) opened(null, encrypted(target, place, null));
    else
      throughProxy(proxy, host, port, (error, through) =>
        through === null ? opened(error, null) : opened(null, encrypted(target, place, through)),
      );
  };
  return {
    open,
    take: (target, caller) => {
      const place = placeOf(target);
      let idle = place.idle.pop();
      // One that has just broken does not know it yet.
      while (idle?.socket.destroyed) idle = place.idle.pop();
      if (idle !== undefined) {
        idle.reuse(caller);
        return;
      }
      const opened = (socket: Socket): Connection => {
        all.add(socket);
        const connection = new Connection(socket, place, () => all.delete(socket));
        connection.use(caller);
        return connection;
      };
      if (!target.secure) {
        const connection: Connection = opened(unencrypted(target, (bytes) => connection.received(bytes)));
        return;
      }
      open(target, (error, socket) => {
        if (socket === null) caller.failed(error);
        else opened(socket);
      });
    },
    close: () => {
      for (const socket of all) socket.destroy();
    },
  };
}

/**
 * All that is read unencrypted comes into the same memory, as it is read one after the other: a buffer for every read is
 * what makes the garbage collector come.
 */
const readInto = Buffer.allocUnsafeSlow(64 << 10);

function unencrypted({ hostname: host, port }: Target, received: (bytes: Buffer) => void): Socket {
  const callback = (length: number): boolean => {
    received(readInto.subarray(0, length));
    return true;
  };
  return net.connect({ host, port, ...tuning, onread: { buffer: readInto, callback } });
}

const tuning = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
