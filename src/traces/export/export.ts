import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { answerOf } from '../../wire/chat.ts';
import type { Call } from '../trace.ts';
import { chatLine } from './chat.ts';
import { columnsText } from './columns.ts';

/** `chat`: OpenAI's fine-tuning lines; `jsonl`: one plain row per line; `columns`: one document of column arrays. */
export type ExportFormat = 'chat' | 'jsonl' | 'columns';

/** A call as a flat row: the names of the columns everywhere outside of `chat`. */
export interface ExportRow {
  readonly id: string;
  readonly time: string;
  readonly provider: string;
  readonly model: string;
  readonly site: string | null;
  /** JSON texts. */
  readonly messages: string;
  readonly tools: string | null;
  readonly answer_text: string | null;
  readonly answer_tool_calls: string | null;
  readonly finish: string;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly duration_ms: number;
}

/**
 * Writes calls to a file for other trainers. The file is there whole when this returns, or not at all; calls without an
 * answer are left out. `chat` and `jsonl` stream; `columns` holds all rows in memory, as its readers do.
 * @returns the number of rows.
 */
export async function exportCalls(
  calls: AsyncIterable<Call> | Iterable<Call>,
  file: string,
  as: ExportFormat,
): Promise<number> {
  const temporary = `${file}.${process.pid}.tmp`;
  let rows = 0;
  const counted = async function* (): AsyncGenerator<Call> {
    for await (const call of calls) {
      if (call.response === null) continue;
      rows++;
      yield call;
    }
  };
  try {
    await pipeline(textOf(counted(), as), createWriteStream(temporary));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return rows;
}

async function* textOf(calls: AsyncIterable<Call>, as: ExportFormat): AsyncGenerator<string> {
  if (as === 'columns') {
    const rows: ExportRow[] = [];
    for await (const call of calls) rows.push(rowOf(call));
    yield* columnsText(rows);
    return;
  }
  for await (const call of calls)
    yield `${JSON.stringify(as === 'chat' ? chatLine(call) : plainLine(call))}\n`;
}

function rowOf({ trace, request, response }: Call): ExportRow {
  const answer = response === null ? { text: null, toolCalls: [] } : answerOf(response);
  return {
    id: trace.id,
    time: new Date(trace.startMs).toISOString(),
    provider: trace.provider,
    model: response?.model || request.model,
    site: trace.site,
    messages: JSON.stringify(request.messages),
    tools: request.tools.length > 0 ? JSON.stringify(request.tools) : null,
    answer_text: answer.text,
    answer_tool_calls: answer.toolCalls.length > 0 ? JSON.stringify(answer.toolCalls) : null,
    finish: response?.finish ?? 'other',
    input_tokens: response?.usage?.inputTokens ?? null,
    output_tokens: response?.usage?.outputTokens ?? null,
    duration_ms: trace.durationMs,
  };
}

/** The row with its JSON texts as JSON. */
function plainLine(call: Call): object {
  const row = rowOf(call);
  const { messages, tools } = call.request;
  const calls = call.response === null ? [] : answerOf(call.response).toolCalls;
  return { ...row, messages, tools, answer_tool_calls: calls };
}
