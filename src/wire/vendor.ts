import { isIP } from 'node:net';
import type { ProviderName } from './format.ts';

/**
 * Whose service gave an answer, and so whose terms hold for it. Many speak OpenAI's wire, some Anthropic's: the host that
 * was called tells them apart, not the format. A host that nobody knows here is a vendor of its own name.
 */

const hosts: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)openai\.com$/, 'openai'],
  [/\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$/, 'azure'],
  [/(?:^|\.)(?:anthropic|claude)\.com$/, 'anthropic'],
  [/(?:^|[.-])(?:generativelanguage|aiplatform)\.googleapis\.com$/, 'gemini'],
  [/(?:^|\.)deepseek\.com$/, 'deepseek'],
  [/(?:^|\.)groq\.com$/, 'groq'],
  [/(?:^|\.)mistral\.ai$/, 'mistral'],
  [/(?:^|\.)x\.ai$/, 'xai'],
  [/(?:^|\.)openrouter\.ai$/, 'openrouter'],
  [/(?:^|\.)together\.(?:ai|xyz)$/, 'together'],
  [/(?:^|\.)fireworks\.ai$/, 'fireworks'],
  [/(?:^|\.)ollama\.com$/, 'ollama'],
];

/** The vendor behind a host; `local` for a server of the user's own machine or network that is no Ollama. */
export function vendorOf(provider: ProviderName, hostname: string): string {
  const host = hostname.toLowerCase();
  for (const [pattern, vendor] of hosts) if (pattern.test(host)) return vendor;
  if (!isOwnNetwork(host)) return host;
  return provider === 'ollama' ? 'ollama' : 'local';
}

/** This machine, private addresses (RFC 1918, RFC 4193, link-local), names without a dot and names that no one can buy. */
function isOwnNetwork(host: string): boolean {
  if (isIP(host) === 4)
    return /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/.test(host);
  if (isIP(host) === 6) return /^(?:::1?$|f[cd]|fe[89ab])/.test(host);
  return !host.includes('.') || /\.(?:localhost|local|internal|lan|home\.arpa|test)$/.test(host);
}

const names: readonly (readonly [RegExp, string])[] = [
  [/azure/, 'azure'],
  [/bedrock/, 'bedrock'],
  [/anthropic|claude/, 'anthropic'],
  [/gemini|vertex|google/, 'gemini'],
  [/deepseek/, 'deepseek'],
  [/groq/, 'groq'],
  [/mi[sx]tral|codestral|magistral/, 'mistral'],
  [/x_ai|xai|grok/, 'xai'],
  [/openrouter/, 'openrouter'],
  [/together/, 'together'],
  [/fireworks/, 'fireworks'],
  [/ollama/, 'ollama'],
  [/openai|^gpt-|^o\d/, 'openai'],
];

/**
 * The vendor by what a log calls it, or, where it calls it nothing, by the name of the model.
 * @returns null where neither tells.
 */
export function vendorNamed(name: string | null, model: string | null): string | null {
  for (const said of [name, model]) {
    const known = (said ?? '').toLowerCase();
    const found = names.find(([pattern]) => pattern.test(known));
    if (found !== undefined) return found[1];
  }
  return null;
}
