import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readAddress } from './address.ts';
import type { Gateway } from './gateway.ts';
import { pairsOf, toUpstream } from './headers.ts';
import { targetOf } from './upstreams.ts';

/** Upgrades (websockets) are tunnelled: both directions byte by byte, ends and resets passed on, nothing recorded. */
export function tunnel(gateway: Gateway, req: IncomingMessage, client: Duplex, head: Buffer): void {
  const address = readAddress(req.url ?? '', gateway.token);
  const target = address && targetOf(gateway.upstreams, address.provider, address.path);
  if (target === null || typeof target === 'string') {
    refuseUpgrade(client, target === null ? '403 Forbidden' : '404 Not Found');
    return;
  }
  gateway.counters.tunnels++;

  const { headers } = toUpstream(req.rawHeaders, target.host);
  const outgoing = gateway.upstream.open(target, req.method ?? 'GET', headers);
  client.on('error', () => outgoing.destroy());
  client.on('close', () => outgoing.destroy());
  outgoing.on('error', () => client.destroy());
  outgoing.on('upgrade', (answer, server, first) => {
    client.write(headOf(answer), 'latin1');
    if (first.length > 0) client.write(first);
    if (head.length > 0) server.write(head);
    server.on('error', () => breakOff(client));
    // An end is passed on by the pipes, after what came before it; only a connection that broke is broken off.
    server.on('close', () => server.readableEnded || client.destroy());
    client.on('error', () => breakOff(server));
    client.on('close', () => client.readableEnded || server.destroy());
    server.pipe(client);
    client.pipe(server);
  });
  // The upstream may decline: then it answers as to any other request, and the connection ends with the answer.
  outgoing.on('response', (answer) => {
    const isChunked = answer.headers['transfer-encoding'] !== undefined;
    client.write(headOf(answer, isChunked), 'latin1');
    answer.on('error', () => client.destroy());
    answer.pipe(client);
  });
  outgoing.end();
}

/** A connection that broke on one side breaks on the other; one that is encrypted can only end. */
function breakOff(socket: Duplex): void {
  if (socket instanceof Socket && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket.destroy();
}

/** Offers of another HTTP on the same connection, which Java's client makes with its first call: nobody has to take them up. */
const otherHttp = /^(?:h2c?|http\/|tls\/)/i;

/** Is it only HTTP in another version or with encryption that the client offers to go on with? */
export function isOfferOfHttp(req: IncomingMessage): boolean {
  return (req.headers.upgrade ?? '').split(',').every((protocol) => otherHttp.test(protocol.trim()));
}

/** The beginning of the connection again, without its offer: to be read as the call that it is. */
export function withoutOffer(req: IncomingMessage, head: Buffer): Buffer {
  const lines = pairsOf(req.rawHeaders).flatMap(([name, value]) => {
    const known = name.toLowerCase();
    if (known === 'upgrade' || known === 'http2-settings') return [];
    if (known !== 'connection') return [`${name}: ${value}\r\n`];
    const others = value.split(',').filter((token) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(token));
    return others.length === 0 ? [] : [`${name}: ${others.join(',').trim()}\r\n`];
  });
  const start = `${req.method} ${req.url} HTTP/${req.httpVersion}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(start, 'latin1'), head]);
}

function headOf(answer: IncomingMessage, dropFraming = false): string {
  const pairs = pairsOf(answer.rawHeaders).filter(
    ([name]) => !(dropFraming && /^(?:transfer-encoding|connection)$/i.test(name)),
  );
  if (dropFraming) pairs.push(['Connection', 'close']);
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines}\r\n`;
}

export function refuseUpgrade(client: Duplex, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
