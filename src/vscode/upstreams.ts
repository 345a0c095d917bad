/** Which environment variable redirects a provider's official clients, and what those clients expect in it. */
export interface UrlVariable {
  readonly provider: string;
  readonly variable: string;
  /** Path that the variable carries after the provider's base URL. */
  readonly suffix: string;
}

export const urlVariables: readonly UrlVariable[] = [
  { provider: 'openai', variable: 'OPENAI_BASE_URL', suffix: '/v1' },
  { provider: 'anthropic', variable: 'ANTHROPIC_BASE_URL', suffix: '' },
  { provider: 'gemini', variable: 'GOOGLE_GEMINI_BASE_URL', suffix: '' },
];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the user's environment already sends each provider's calls: that place becomes the upstream (a company proxy, a
 * compatible server). A URL of our own gateway, inherited when the editor was started from one of our terminals, is not
 * an upstream: forwarding to it would go round in a circle.
 */
export function upstreamsFromEnvironment(env: Environment): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { provider, variable, suffix } of urlVariables) {
    const url = env[variable]?.trim().replace(/\/+$/, '');
    if (url === undefined || !/^https?:\/\//.test(url) || isOwnUrl(url)) continue;
    found[provider] = suffix !== '' && url.endsWith(suffix) ? url.slice(0, -suffix.length) : url;
  }
  return found;
}

/** `http://127.0.0.1:<port>/<128-bit token>/<provider>`: made by a gateway of this product. */
export function isOwnUrl(url: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\/[0-9a-f]{32}(\/|$)/.test(url);
}
