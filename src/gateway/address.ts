import type { ProviderName } from '../wire/format.ts';

/** Where a request to the gateway wants to go: `/<token>/<provider>/<the provider's own path and query>`. */
export interface Address {
  readonly provider: ProviderName;
  /** Provider-relative, query included, exactly as it came; starts with `/`. */
  readonly path: string;
}

const providers: ReadonlySet<string> = new Set(['openai', 'azure', 'anthropic', 'gemini', 'ollama']);

/** A request may name its whole URL (RFC 9112, 3.2.2); the host in it counts as the `Host` header does. */
export function splitAbsolute(url: string): { readonly host: string | null; readonly url: string } {
  if (url[0] === '/') return { host: null, url };
  const [, host = null, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  return { host, url: host === null ? url : rest[0] === '/' ? rest : `/${rest}` };
}

/** The address in a request's URL; null where the token is wrong or no provider of ours is named. */
export function readAddress(url: string, token: string): Address | null {
  const rest = pathAfterToken(url, token);
  if (rest === null) return null;
  const slash = rest.search(/[/?]/);
  const name = slash < 0 ? rest : rest.slice(0, slash);
  if (!providers.has(name)) return null;
  const path = slash < 0 ? '/' : rest[slash] === '?' ? `/${rest.slice(slash)}` : rest.slice(slash);
  return { provider: name as ProviderName, path: officialPath(name, path) };
}

/** What follows `/<token>/`; null where the token is another. Compared in constant time. */
export function pathAfterToken(url: string, token: string): string | null {
  const end = token.length + 1;
  if (url.length < end || url[0] !== '/' || (url.length > end && url[end] !== '/')) return null;
  let difference = 0;
  for (let i = 0; i < token.length; i++) difference |= url.charCodeAt(i + 1) ^ token.charCodeAt(i);
  if (difference !== 0) return null;
  return url.slice(end + 1);
}

/** Some Anthropic clients leave out the version that Anthropic's own one appends to the same base URL. */
function officialPath(provider: string, path: string): string {
  return provider === 'anthropic' && /^\/messages(?:[/?]|$)/.test(path) ? `/v1${path}` : path;
}

/** Only this machine's own names reach us: anything else is a page that had its host name point here (DNS rebinding). */
export function isOwnHost(host: string | undefined, port: number): boolean {
  if (host === undefined) return false;
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` || host === `[::1]:${port}`;
}
