import { anthropicMessages } from './anthropicMessages.ts';
import type { ProviderName, WireFormat } from './format.ts';
import { geminiGenerate } from './geminiGenerate.ts';
import { ollamaChat } from './ollamaChat.ts';
import { ollamaGenerate } from './ollamaGenerate.ts';
import { openaiChat } from './openaiChat.ts';
import { openaiResponses } from './openaiResponses.ts';

/** All wire formats; the order does not matter, no path belongs to two formats of one provider. */
export const formats: readonly WireFormat[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  geminiGenerate,
  ollamaChat,
  ollamaGenerate,
];

/** Which formats an endpoint speaks. Many servers put OpenAI's and Anthropic's APIs beside their own. */
const spoken: Readonly<Record<ProviderName, readonly WireFormat[]>> = {
  openai: [openaiChat, openaiResponses, anthropicMessages],
  azure: [openaiChat, openaiResponses, anthropicMessages],
  anthropic: [anthropicMessages, openaiChat],
  gemini: [geminiGenerate, openaiChat],
  ollama: [ollamaChat, ollamaGenerate, openaiChat, openaiResponses, anthropicMessages],
};

/**
 * The format of a call, or null for a path that no codec reads (embeddings, files, models).
 * @param path provider-relative, with or without its query: `/v1/chat/completions`, `/chat/completions`,
 * `/openai/deployments/x/chat/completions?api-version=y`, `/messages`, `/v1beta/models/m:generateContent`, `/api/chat`.
 */
export function formatFor(provider: ProviderName, method: string, path: string): WireFormat | null {
  return spoken[provider].find((format) => format.matches(method, path)) ?? null;
}
