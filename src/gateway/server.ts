import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isOwnHost, pathAfterToken, splitAbsolute } from './address.ts';
import { MAX_HEADER_BYTES } from './answerReader.ts';
import { control, type Steering } from './control.ts';
import { exchange } from './exchange.ts';
import { refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { receiveOtlp } from './otlp.ts';
import { isOfferOfHttp, refuseUpgrade, tunnel, withoutOffer } from './tunnel.ts';

export interface GatewayServer {
  readonly port: number;
  /** Takes no further connections; resolves when the calls under way are through, or after the given time. */
  close(patienceMs: number): Promise<void>;
}

/**
 * The port that everything comes in through. Loopback only; who does not know a token, comes under a foreign host name or
 * from a web page gets 403 and reaches no upstream. No time limits: an answer may take as long as the teacher takes.
 * @throws the listen error (EADDRINUSE and others).
 */
export async function listen(
  gateway: Gateway,
  steering: Steering,
  { port, controlToken }: { readonly port: number; readonly controlToken: string },
): Promise<GatewayServer> {
  const server = http.createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 0,
    connectionsCheckingInterval: 2_147_483_647,
    noDelay: true,
  });
  server.maxHeadersCount = 0;
  server.timeout = 0;
  let ownPort = port;

  const isForeign = (req: http.IncomingMessage): boolean => {
    const { host, url } = splitAbsolute(req.url ?? '');
    req.url = url;
    const isOwn = isOwnHost(req.headers.host, ownPort) && (host === null || isOwnHost(host, ownPort));
    if (isOwn && req.headers.origin === undefined) return false;
    gateway.counters.refused++;
    return true;
  };
  const onRequest = (req: http.IncomingMessage, res: http.ServerResponse): void => {
    if (isForeign(req)) {
      refuse(res, 403, 'Only programs on this machine may use this gateway.');
      return;
    }
    const verb = pathAfterToken(req.url ?? '', controlToken);
    const own = pathAfterToken(req.url ?? '', gateway.token);
    if (own?.startsWith('otlp/')) {
      void receiveOtlp(gateway, { req, res }, own.slice('otlp/'.length));
      return;
    }
    if (verb === null) {
      exchange(gateway, req, res);
      return;
    }
    control(gateway, steering, verb, { req, res }).catch((error: Error) => {
      gateway.log.error('a control request failed', error);
      if (!res.headersSent) refuse(res, 500, error.message);
    });
  };
  server.on('request', onRequest);
  // Whether to go on is the teacher's decision, not ours.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => {}); // The tunnel's 'close' listener does what there is to do.
    if (isOfferOfHttp(req)) {
      socket.unshift(withoutOffer(req, head));
      server.emit('connection', socket);
    } else if (isForeign(req)) refuseUpgrade(socket, '403 Forbidden');
    else tunnel(gateway, req, socket, head);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // A client that resets its connection has 'close' handled by its exchange.
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => gateway.log.error('the server failed', error));
  ownPort = (server.address() as AddressInfo).port;
  return {
    port: ownPort,
    close: async (patienceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const impatience = setTimeout(() => {
        // Tunnels too: the server itself knows of them no more.
        for (const socket of sockets) socket.destroy();
      }, patienceMs);
      await closed;
      clearTimeout(impatience);
    },
  };
}
