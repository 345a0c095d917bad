import type { Json, JsonObject } from '../../../base/json.ts';

export type Attributes = Readonly<Record<string, Json>>;

/** A span of a GenAI call in any of the dialects that instrumentations speak. */
export interface GenAiSpan {
  readonly id: string | null;
  readonly name: string;
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly failed: boolean;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
}

/** What a span says of the conversation, as OpenAI's messages. */
export interface Content {
  readonly messages: readonly JsonObject[];
  readonly output: JsonObject;
  readonly finish: string | null;
  readonly tools: readonly Json[];
}

/** One way in which instrumentations write a conversation down; null where the span is in another one. */
export type Dialect = (attributes: Attributes, span: GenAiSpan) => Content | null;
