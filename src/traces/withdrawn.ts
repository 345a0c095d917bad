import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Answers that a client has deleted at its provider, by their traces' ids: nobody is given them again. Their traces stay
 * until somebody deletes those. Ids are random, so that the file says nothing of what was in them.
 */
const fileIn = (journal: string): string => path.join(journal, 'withdrawn');

/** Rejects where there is no room for it. */
export async function withdraw(journal: string, traceIds: readonly string[]): Promise<void> {
  await appendFile(fileIn(journal), traceIds.map((id) => `${id}\n`).join(''));
}

/** Those of the ids that have not been withdrawn. */
export async function withoutWithdrawn(journal: string, traceIds: readonly string[]): Promise<string[]> {
  const withdrawn = await readFile(fileIn(journal), 'utf8').catch(() => '');
  return traceIds.filter((id) => !withdrawn.includes(id));
}

/** There are no traces any more that could be asked for. */
export async function forgetWithdrawn(journal: string): Promise<void> {
  await rm(fileIn(journal), { force: true });
}
