import { rm } from 'node:fs/promises';
import { AppError } from '../base/error.ts';
import { isObject, parseJson } from '../base/json.ts';
import type { Actions } from '../protocol.ts';
import { toCall } from '../traces/call.ts';
import { exportCalls } from '../traces/export/export.ts';
import { importTraces } from '../traces/import/import.ts';
import { openJournal } from '../traces/journal.ts';
import { readTraces } from '../traces/reader.ts';
import { previewRedaction, redactionKey } from '../traces/redact.ts';
import type { Trace } from '../traces/trace.ts';
import { taskOf } from './analysis.ts';
import { type Deleted, forget } from './forget.ts';
import { refresh } from './refresh.ts';
import type { Session } from './session.ts';

/** Reads a file of traces in any known format into the journal; what is there already is not added twice. */
export async function importFile(
  session: Session,
  { file, companions = [] }: Actions['traces.import'][0],
): Promise<Actions['traces.import'][1]> {
  const journal = await openJournal(session.paths.journal, {
    log: session.ports.log,
    redaction: session.settings.redaction,
  });
  try {
    const skipped: { line: number; reason: string }[] = [];
    await session.store?.sync();
    const { imported, duplicates } = await importTraces(file, journal, {
      companions,
      onSkip: (line, reason) => skipped.push({ line, reason }),
      known: (traceId) => session.store?.has(traceId) ?? false,
    });
    return { imported, duplicates, skipped };
  } finally {
    await journal.close();
    await refresh(session);
    session.changed();
  }
}

/** Shows what the single write point would make of a call, with the rules that the user has on. */
export async function previewTrace(
  session: Session,
  { text }: Actions['traces.preview'][0],
): Promise<Actions['traces.preview'][1]> {
  const body = parseJson(text);
  if (!isObject(body)) {
    throw new AppError(
      'bad-input',
      'This is not a JSON object, so it is neither a request body nor a traffic line.',
    );
  }
  const line = isObject(body['request']) ? body : { request: body, response: null };
  const trace: Trace = {
    ...{
      id: 'preview',
      startMs: 0,
      durationMs: 0,
      firstByteMs: null,
      provider: 'openai',
      format: null,
      path: '/',
    },
    ...{
      status: 200,
      streamed: false,
      incomplete: null,
      servedBy: 'teacher',
      pinnedTask: null,
      site: null,
      headers: {},
    },
    ...{
      route: null,
      source: 'preview',
      request: line['request'] ?? null,
      response: line['response'] ?? null,
    },
  };
  // With the key of the journal, so that the placeholders are those that it would hold.
  const key = await redactionKey(session.paths.journal);
  const { stored, replaced } = previewRedaction(trace, { key, ...session.settings.redaction });
  const shown = isObject(body['request'])
    ? { request: stored.request, response: stored.response }
    : stored.request;
  return { stored: JSON.stringify(shown, null, 2), replaced };
}

/** Writes a task's whole, successful teacher answers for other trainers. */
export async function exportTraces(
  session: Session,
  { taskId, file, as }: Actions['traces.export'][0],
): Promise<{ rows: number }> {
  const task = taskOf(session, taskId);
  const store = session.store!;
  const calls = async function* () {
    for await (const trace of readTraces(session.paths.journal, {})) {
      if (trace.servedBy !== 'teacher' || store.find(trace.id)?.taskId !== task.id) continue;
      const call = toCall(trace);
      if (call?.response) yield call;
    }
  };
  try {
    return { rows: await exportCalls(calls(), file, as) };
  } catch (cause) {
    await rm(file, { force: true });
    throw new AppError('storage-full', `The export to ${file} failed: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Deletes for good: from sealed segments, from the index, and from what analysis wrote down. */
export async function deleteTraces(
  session: Session,
  { what }: Actions['traces.delete'][0],
): Promise<{ deleted: number }> {
  const journal = await openJournal(session.paths.journal, {
    log: session.ports.log,
    redaction: session.settings.redaction,
  });
  try {
    await session.store?.sync();
    const found = await idsOf(session, what);
    const deleted = await journal.delete(found.ids === null ? 'all' : { ids: found.ids });
    await forget(session, found);
    await session.gateway?.forget();
    await session.gateway?.reload();
    return { deleted };
  } finally {
    await journal.close();
    await refresh(session);
    session.changed();
  }
}

async function idsOf(session: Session, what: Actions['traces.delete'][0]['what']): Promise<Deleted> {
  const none = new Set<string>();
  if (what === 'all') return { ids: null, touched: none, emptied: none };
  if ('traceId' in what) {
    const taskId = session.store?.find(what.traceId)?.taskId ?? null;
    return {
      ids: new Set([what.traceId]),
      touched: taskId === null ? none : new Set([taskId]),
      emptied: none,
    };
  }
  const ids = new Set<string>();
  for await (const { id } of readTraces(session.paths.journal))
    if (session.store?.find(id)?.taskId === what.taskId) ids.add(id);
  const emptied = new Set([what.taskId]);
  return { ids, touched: emptied, emptied };
}
