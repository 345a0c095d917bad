import type { ProviderName } from '../wire/format.ts';

/** Base URL of each provider, as its SDK would be given it, with or without the version part. */
export type Upstreams = Readonly<Record<ProviderName, string>>;

export const officialUpstreams: Upstreams = {
  openai: 'https://api.openai.com',
  azure: 'https://{resource}.openai.azure.com',
  anthropic: 'https://api.anthropic.com',
  gemini: 'https://generativelanguage.googleapis.com',
  ollama: 'http://127.0.0.1:11434',
};

/** Where exactly a call goes. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Value of the `Host` header. */
  readonly host: string;
  readonly path: string;
  readonly provider: ProviderName;
}

/** The target of a provider-relative path; a text that says what is missing where there is none. */
export function targetOf(upstreams: Upstreams, provider: ProviderName, path: string): Target | string {
  if (provider === 'azure') return azureTarget(upstreams.azure, path);
  // An Azure client that found OPENAI_BASE_URL in its environment sends its deployments there.
  const stray = /^(?:\/openai)?(?:\/v1)?(\/deployments\/.*)$/.exec(path);
  if (provider === 'openai' && stray && upstreams.azure !== officialUpstreams.azure)
    return azureTarget(upstreams.azure, `/openai${stray[1]}`);
  if (provider === 'gemini' && upstreams.gemini === officialUpstreams.gemini) {
    const vertex = vertexHost(path);
    if (vertex !== null) return join(`https://${vertex}`, path, provider);
  }
  return join(upstreams[provider], path, provider);
}

/** `/<resource>/openai/...`; the resource may be left out where the upstream is a complete URL. */
function azureTarget(base: string, path: string): Target | string {
  const [, first = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(path) ?? [];
  const hasResource = !['openai', 'models', 'anthropic', ''].includes(first);
  if (!base.includes('{resource}')) return join(base, hasResource ? rest || '/' : path, 'azure');
  if (!hasResource || !/^[a-z0-9-]+$/i.test(first))
    return 'Which Azure resource? Use .../azure/<resource>/openai/... or set the Azure upstream.';
  return join(base.replace('{resource}', first), rest || '/', 'azure');
}

function vertexHost(path: string): string | null {
  if (!/^\/v1(?:beta1)?\/(?:projects|publishers)\//.test(path)) return null;
  const location = /\/locations\/([a-z0-9-]+)\//.exec(path)?.[1];
  return location === undefined || location === 'global'
    ? 'aiplatform.googleapis.com'
    : `${location}-aiplatform.googleapis.com`;
}

const parsed = new Map<string, Omit<Target, 'path' | 'provider'> & { readonly prefix: string }>();

function join(base: string, path: string, provider: ProviderName): Target {
  let place = parsed.get(base);
  if (place === undefined) {
    const { protocol, hostname, port, pathname, host, origin } = new URL(base);
    const secure = protocol === 'https:';
    place = {
      origin,
      secure,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (secure ? 443 : 80),
      host,
      prefix: pathname.replace(/\/+$/, ''),
    };
    parsed.set(base, place);
  }
  const { prefix, ...rest } = place;
  return { ...rest, path: joinPath(prefix, path), provider };
}

/** A version that ends the base and starts the path is meant once. */
function joinPath(prefix: string, path: string): string {
  if (prefix === '') return path;
  const version = /\/v\d+[a-z0-9]*$/.exec(prefix)?.[0];
  const isRepeated =
    version !== undefined && path.startsWith(version) && /^(?:[/?]|$)/.test(path.slice(version.length));
  return isRepeated ? prefix + path.slice(version.length) : prefix + path;
}
