import type { Json } from '../base/json.ts';
import type { Answer, ChatRequest, ChatResponse } from '../wire/chat.ts';
import type { ProviderName, WireFormatName } from '../wire/format.ts';

/**
 * One captured call, as it lies in the journal. Bodies are the wire bodies after redaction; a streamed answer is stored
 * as the body a non-streaming call would have had. Names follow OpenTelemetry's `gen_ai.*` where it has one; a trace
 * here is one span there.
 */
export interface Trace {
  readonly id: string;
  /** Start of the call, milliseconds since 1970. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Until the first byte of the answer; null where none came. */
  readonly firstByteMs: number | null;
  /** Whose wire it is. */
  readonly provider: ProviderName;
  /** Whose service answered, where that is another than the provider ("deepseek", "local", a host): see wire/vendor.ts. */
  readonly vendor?: string;
  /** null: a path that no codec reads (embeddings, files); counted, not learned from. */
  readonly format: WireFormatName | null;
  /** Provider-relative, query included (redacted). */
  readonly path: string;
  /** HTTP status sent to the client; 0 where the upstream gave none. */
  readonly status: number;
  readonly streamed: boolean;
  readonly request: Json | null;
  readonly response: Json | null;
  /** Why the answer is not whole ("client aborted", "upstream reset"); null for a whole one. */
  readonly incomplete: string | null;
  readonly servedBy: 'teacher' | 'student';
  /** `x-understudy-task` of the request. */
  readonly pinnedTask: string | null;
  /** Call site, where the client or an import told it ("src/intent.ts:41"). */
  readonly site: string | null;
  /** Allow-listed request headers only. */
  readonly headers: Readonly<Record<string, string>>;
  /** How the call was routed, where a task's policy had a say. */
  readonly route: TraceRoute | null;
  /** Where the trace came from: our gateway, or an import ("langfuse:ID"). */
  readonly source: string;
}

/** What the student said and why the call went where it went; in shadow mode too. */
export interface TraceRoute {
  readonly taskId: string;
  readonly version: number;
  /** A `Reason` of routing/policy.ts. */
  readonly reason: string;
  readonly answer: Answer | null;
  readonly confidence: number | null;
  readonly bucket: string | null;
  readonly studentMs: number | null;
  /** The teacher was asked as well, to keep the promise checked: did it agree? null: not audited. */
  readonly audit: 'agree' | 'disagree' | null;
}

/** A trace read by its codec: what analysis works on. */
export interface Call {
  readonly trace: Trace;
  readonly request: ChatRequest;
  /** null: error status, incomplete or unreadable. */
  readonly response: ChatResponse | null;
}
