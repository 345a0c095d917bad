import { anthropicMessages } from './anthropicMessages.ts';
import type { ProviderName, WireFormat } from './format.ts';
import { openaiChat } from './openaiChat.ts';

/** All wire formats; the order does not matter, no path belongs to two formats of one provider. */
export const formats: readonly WireFormat[] = [openaiChat, anthropicMessages];

/** Which formats an endpoint speaks. Many servers put OpenAI's API beside their own, under their own prefix. */
const spoken: Readonly<Record<ProviderName, readonly WireFormat[]>> = {
  openai: [openaiChat, anthropicMessages],
  azure: [openaiChat, anthropicMessages],
  anthropic: [anthropicMessages, openaiChat],
  gemini: [openaiChat],
  ollama: [openaiChat, anthropicMessages],
};

/**
 * The format of a call, or null for a path that no codec reads (embeddings, files, models).
 * @param path provider-relative, with or without its query: `/v1/chat/completions`, `/chat/completions`,
 * `/openai/deployments/x/chat/completions?api-version=y`, `/messages`, `/v1beta/models/m:generateContent`, `/api/chat`.
 */
export function formatFor(provider: ProviderName, method: string, path: string): WireFormat | null {
  return spoken[provider].find((format) => format.matches(method, path)) ?? null;
}
