import type { Json } from '../base/json.ts';
import type { Result } from '../base/result.ts';
import type { Answer, ChatRequest, ChatResponse } from './chat.ts';

export type ProviderName = 'openai' | 'azure' | 'anthropic' | 'gemini' | 'ollama';

export type WireFormatName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini-generate'
  | 'ollama-chat'
  | 'ollama-generate';

/** Why a body could not be read, in words. The call itself is never affected. */
export interface WireError {
  readonly message: string;
}

/** What a student's answer needs beside the answer to look like the provider's. */
export interface RenderContext {
  /** Unique per call, without the provider's prefix. */
  readonly id: string;
  readonly createdMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Provider-relative path of the request with its query: some formats choose the framing of a stream there. */
  readonly path?: string;
}

/** Header names are lower case here; content-length is the sender's business. */
export interface Rendered {
  readonly headers: Readonly<Record<string, string>>;
  /** One chunk for a plain body, one per event for a stream. */
  readonly chunks: readonly string[];
}

/**
 * One provider's wire format as a constant of pure functions. Everything the rest of the product knows about the format
 * is behind this interface; `test/wire/contract.ts` runs one suite against each.
 */
export interface WireFormat {
  readonly name: WireFormatName;
  /** Does this method and provider-relative path (no query) belong to the format? E.g. POST /v1/chat/completions. */
  matches(method: string, path: string): boolean;
  /** @param path provider-relative path with query; some formats carry the model and the stream flag there. */
  parseRequest(body: Json, path: string): Result<ChatRequest, WireError>;
  parseResponse(body: Json): Result<ChatResponse, WireError>;
  /**
   * Joins the decoded text of a streamed body into the body a non-streaming call would have had.
   * Fails where the stream is cut, damaged or carries an error: such a trace is incomplete and never trained on.
   */
  joinStream(body: string): Result<Json, WireError>;
  renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered;
  renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered;
}
