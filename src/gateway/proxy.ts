import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';

/** What a connection through a proxy failed with. */
export type Opened = (error: Error | null, socket: Socket | null) => void;

/** The proxy that the environment names for an encrypted endpoint; null: none, or not for this one. */
export function proxyFor(env: NodeJS.ProcessEnv, host: string, port: number): URL | null {
  const named = env['https_proxy'] || env['HTTPS_PROXY'];
  if (!named || isExempt(env['no_proxy'] || env['NO_PROXY'] || '', host.toLowerCase(), port)) return null;
  try {
    const proxy = new URL(named.includes('://') ? named : `http://${named}`);
    return proxy.protocol === 'http:' || proxy.protocol === 'https:' ? proxy : null;
  } catch {
    return null; // What is no address names no proxy.
  }
}

/** `*`, names, `.domain`, `*.domain`, addresses, `from-to` of IPv4, each with a port or without. */
function isExempt(list: string, host: string, port: number): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = entry, only] = /^(.+?):(\d+)$/.exec(entry) ?? [];
      if (only !== undefined && isIP(entry) === 0 && Number(only) !== port) return false;
      const place = only !== undefined && isIP(entry) !== 0 ? entry : name;
      if (place === '*' || place.replace(/^\[|\]$/g, '') === host) return true;
      if (place.startsWith('.') || place.startsWith('*.')) return host.endsWith(place.replace(/^\*/, ''));
      const [from = '', to = ''] = place.split('-');
      if (isIP(from) !== 4 || isIP(to) !== 4 || isIP(host) !== 4) return false;
      const range = new BlockList();
      range.addRange(from, to);
      return range.check(host);
    });
}

/** Asks a proxy for a way through to an endpoint; what it carries then is encrypted for the endpoint. */
export function throughProxy(proxy: URL, host: string, port: number, opened: Opened): void {
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const credentials = { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const { request } = proxy.protocol === 'https:' ? https : http;
  const asked = request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: place,
    headers: { host: place, ...(proxy.username === '' ? {} : credentials) },
    agent: false,
  });
  const refused = (said: string): void =>
    opened(Object.assign(new Error(`the proxy ${proxy.host} ${said}`), { code: 'ERR_PROXY_TUNNEL' }), null);
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
