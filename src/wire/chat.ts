import { type Json, type JsonObject, parseJson } from '../base/json.ts';

/** A call to a language model, free of any provider's wire format. Codecs in this folder translate to and from it. */

export type Role = 'system' | 'user' | 'assistant' | 'tool';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  /** Media are known by hash and size only; their bytes stay in the request that is forwarded. */
  | {
      readonly kind: 'media';
      readonly media: 'image' | 'audio' | 'file';
      readonly sha256: string;
      readonly bytes: number;
    }
  | { readonly kind: 'tool-call'; readonly call: ToolCall }
  | { readonly kind: 'tool-result'; readonly callId: string; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'unknown'; readonly raw: Json };

export interface Message {
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly name?: string;
}

/** `arguments` is the exact text of the arguments object; `parsed` its value, null where it is not a JSON object. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly parsed: JsonObject | null;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
  /** Runs at the provider (web search, code interpreter, MCP): only the teacher can honour it. */
  readonly hosted: boolean;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type OutputFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly name: string; readonly strict: boolean; readonly schema: JsonObject };

export interface Sampling {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** Number of answers asked for (`n`). */
  readonly choices: number;
  readonly logprobs: boolean;
  readonly seed: number | null;
  /** Which tokens the caller forbids or favours, as the provider's own JSON; absent where it does neither. */
  readonly bias?: string;
}

export interface ChatRequest {
  readonly model: string;
  /** In order, instructions included as `system` messages. An `assistant` message at the end is a prefill. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean | null;
  readonly outputFormat: OutputFormat;
  readonly sampling: Sampling;
  readonly stream: boolean;
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** What only the teacher can honour, in words for the user ("previous_response_id", "hosted tool web_search"). */
  readonly teacherOnly: readonly string[];
  /** Top-level keys the codec does not know. A student never answers a request that has any. */
  readonly unknownKeys: readonly string[];
}

export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'error'
  | 'other';

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly reasoningTokens: number;
}

/** One generated token with the alternatives the provider listed. Natural logarithms. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

export interface ChatResponse {
  readonly id: string;
  readonly model: string;
  readonly text: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly reasoning: string | null;
  readonly refusal: string | null;
  readonly finish: FinishReason;
  /** The stop sequence that ended the answer, where the provider names it. */
  readonly stopSequence?: string;
  readonly usage: Usage | null;
  readonly logprobs: readonly TokenLogprob[] | null;
  /** Number of choices in the body; the fields above are the first one's. */
  readonly choices: number;
}

/** What an answer says: the part of a response that a student reproduces and an evaluation compares. */
export interface Answer {
  readonly text: string | null;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
  /** Absent: the model came to an end by itself. */
  readonly ending?: Ending;
}

/** What ended an answer, where the model alone did not or could hardly have. */
export type Ending =
  /** The limit on its tokens: with another one the answer would be another. */
  | { readonly kind: 'limit'; readonly tokens: number }
  | { readonly kind: 'stop-sequence'; readonly sequence: string }
  /** The model, although so few tokens were allowed that a long-winded tokeniser would not get by with them. */
  | { readonly kind: 'itself'; readonly within: number };

/**
 * The text of an answer with what the caller's prefill began and a stop sequence ended, where it is JSON only so; else
 * the text as it is.
 */
export function wholeText(request: ChatRequest, { text }: Pick<ChatResponse, 'text'>): string | null {
  if (text === null || isJsonText(text)) return text;
  const last = request.messages.at(-1);
  const begun = last?.role === 'assistant' ? messageText(last) : '';
  const cuts = ['', ...request.sampling.stop];
  if (begun === '' && cuts.length === 1) return text;
  for (const start of [begun, ''])
    for (const cut of cuts) if (isJsonText(start + text + cut)) return start + text + cut;
  return text;
}

function isJsonText(text: string): boolean {
  const bare = text.trim().replace(/^```[a-z]*\s*|\s*```$/giu, '');
  if (!bare.startsWith('{') && !bare.startsWith('[')) return false;
  return parseJson(bare) !== undefined;
}

/** The answer inside a response. */
export function answerOf(response: ChatResponse): Answer {
  return {
    text: response.text,
    toolCalls: response.toolCalls.map((call) => ({ name: call.name, arguments: call.arguments })),
  };
}

/** The text parts of a message, joined as the model sees them. */
export function messageText(message: Message): string {
  let text = '';
  for (const part of message.parts) {
    if (part.kind === 'text') text += part.text;
    else if (part.kind === 'tool-result') text += part.text;
  }
  return text;
}
