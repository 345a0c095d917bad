import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';

/** What a connection through a proxy failed with. */
export type Opened = (error: Error | null, socket: Socket | null) => void;

export interface Proxy {
  readonly url: URL;
  /** What it is told who asks; null: nothing. */
  readonly authorization: string | null;
}

/** The proxy that the environment names for an encrypted endpoint; null: none, or not for this one. */
export function proxyFor(env: NodeJS.ProcessEnv, host: string, port: number): Proxy | null {
  const named = env['https_proxy'] || env['HTTPS_PROXY'];
  const exempt = (env['no_proxy'] || env['NO_PROXY'] || '').toLowerCase().split(/[\s,]+/);
  if (!named || exempt.some((entry) => covers(entry, host.toLowerCase(), port))) return null;
  try {
    const url = new URL(named.includes('://') ? named : `http://${named}`);
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const authorization = user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}`;
    return url.protocol === 'http:' || url.protocol === 'https:' ? { url, authorization } : null;
  } catch {
    return null; // What is no address names no proxy.
  }
}

/** `*`, a name, `.domain`, `*.domain`, an address or `from-to` of IPv4; each may have a port. */
function covers(entry: string, host: string, port: number): boolean {
  const [, named = entry, only = String(port)] = isIP(entry) === 6 ? [] : (/^(.+):(\d+)$/.exec(entry) ?? []);
  const name = named.replace(/^\[|\]$/g, '');
  if (Number(only) !== port) return false;
  if (name === '*' || name === host) return true;
  if (name.startsWith('.') || name.startsWith('*.')) return host.endsWith(name.replace('*', ''));
  const [from = '', to = ''] = name.split('-');
  if (isIP(from) !== 4 || isIP(to) !== 4 || isIP(host) !== 4) return false;
  const range = new BlockList();
  range.addRange(from, to);
  return range.check(host);
}

/** Asks a proxy for a way through to an endpoint; what it carries then is encrypted for the endpoint. */
export function throughProxy(proxy: Proxy, host: string, port: number, opened: Opened): void {
  const { url, authorization } = proxy;
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const { request } = url.protocol === 'https:' ? https : http;
  const asked = request({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: place,
    headers: { host: place, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) },
    agent: false,
  });
  const refused = (said: string): void =>
    opened(Object.assign(new Error(`the proxy ${url.host} ${said}`), { code: 'ERR_PROXY_TUNNEL' }), null);
  asked.on('error', (error) => refused(`cannot be reached (${error.message})`));
  asked.on('response', (answer) => {
    answer.destroy();
    refused(`answers with status ${answer.statusCode}`);
  });
  asked.on('connect', (answer, socket, first) => {
    if (answer.statusCode === 200 && first.length === 0) {
      opened(null, socket as Socket);
      return;
    }
    socket.destroy();
    refused(`answers with status ${answer.statusCode}`);
  });
  asked.end();
}
