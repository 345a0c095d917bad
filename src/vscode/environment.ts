import { isOwnUrl, urlVariables } from './upstreams.ts';

/** One change to the variables of new terminals. `append` keeps what is there. */
export interface Mutation {
  readonly kind: 'replace' | 'append';
  readonly variable: string;
  readonly value: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = '127.0.0.1,localhost,::1';

/**
 * The variables that make an unchanged program started in a terminal call the gateway. `env` is what the terminals
 * inherit. Never an empty value: some clients throw on one. OPENAI_BASE_URL is left out where the project uses the Azure
 * client, which refuses to start beside it. OLLAMA_HOST is never set: `ollama serve` would bind to it.
 */
export function terminalMutations(
  baseUrls: Readonly<Record<string, string>>,
  env: Environment,
  options: { readonly azure: boolean },
): readonly Mutation[] {
  const found: Mutation[] = [];
  for (const { provider, variable, suffix } of urlVariables) {
    const base = baseUrls[provider];
    if (base === undefined || base === '') continue;
    if (provider === 'openai' && options.azure) continue;
    const value = base + (keepsBare(env[variable], suffix) ? '' : suffix);
    found.push({ kind: 'replace', variable, value });
    // LangChain prefers this older name where it is set; it must not lead past the gateway.
    if (provider === 'openai' && env['OPENAI_API_BASE']) {
      found.push({ kind: 'replace', variable: 'OPENAI_API_BASE', value });
    }
  }
  for (const [provider, base] of Object.entries(baseUrls)) {
    if (base !== '') found.push({ kind: 'replace', variable: ownVariable(provider), value: base });
  }
  return found.length === 0 ? [] : [...found, ...noProxy(env)];
}

/** The variable for clients that read none of their own; the code action that routes them writes its name. */
export function ownVariable(provider: string): string {
  return `UNDERSTUDY_${provider.toUpperCase()}_URL`;
}

/** The user's own URL has no version part, so the client asks for `/chat/completions` right below it. */
function keepsBare(own: string | undefined, suffix: string): boolean {
  if (own === undefined || own === '' || suffix === '' || isOwnUrl(own)) return false;
  return !own.replace(/\/+$/, '').endsWith(suffix);
}

/**
 * Loopback must not go through a company proxy. Both spellings are set, since programs read one or the other, and the
 * one that is missing takes over what the other says.
 */
function noProxy(env: Environment): Mutation[] {
  const names = ['NO_PROXY', 'no_proxy'] as const;
  return names.map((variable, i) => {
    const own = env[variable];
    if (own) return { kind: 'append', variable, value: `,${LOOPBACK}` };
    const other = env[names[1 - i] ?? 'NO_PROXY'];
    return { kind: 'append', variable, value: other ? `${other},${LOOPBACK}` : LOOPBACK };
  });
}
