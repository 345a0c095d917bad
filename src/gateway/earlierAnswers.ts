import { findTraces } from '../traces/reader.ts';
import { withoutWithdrawn } from '../traces/withdrawn.ts';

/** A call that a student answered, as its trace tells it: bodies, as JSON. */
export interface EarlierAnswer {
  readonly request: string;
  readonly response: string;
}

const placeholder = /<[a-z0-9-]+:[0-9a-f]{4}>/;

/**
 * Answers of students to OpenAI's Responses, read back from a journal: those that nobody has deleted, and that are what
 * they were, for where a secret was taken out of a trace the conversation is another one.
 * @param patienceMs how long to look.
 */
export async function findAnswers(
  journal: string,
  traceIds: readonly string[],
  patienceMs: number,
): Promise<EarlierAnswer[]> {
  const wanted = new Set(await withoutWithdrawn(journal, traceIds));
  const answers: EarlierAnswer[] = [];
  for (const { servedBy, format, ...trace } of await findTraces(journal, wanted, patienceMs)) {
    if (servedBy !== 'student' || format !== 'openai-responses') continue;
    const [request, response] = [JSON.stringify(trace.request), JSON.stringify(trace.response)];
    if (!placeholder.test(request) && !placeholder.test(response)) answers.push({ request, response });
  }
  return answers;
}
