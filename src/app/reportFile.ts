import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exactRate } from '../base/binomial.ts';
import { AppError } from '../base/error.ts';
import type { Actions } from '../protocol.ts';
import { taskOf } from './analysis.ts';
import { refresh } from './refresh.ts';
import { renderReport } from './report.ts';
import { type ReportOptions, reportModel } from './reportModel.ts';
import type { Session } from './session.ts';
import { buildState } from './state.ts';

/** Writes the self-contained HTML page about one task or all of them. */
export async function writeReport(
  session: Session,
  { taskId, file }: Actions['report.write'][0],
): Promise<null> {
  if (taskId !== null) taskOf(session, taskId);
  await refresh(session);
  const state = buildState(session);
  const asset = (name: string): Promise<string> =>
    readFile(path.join(session.ports.dist, 'webview', name), 'utf8');
  const model = reportModel(state, {
    taskId,
    nowMs: session.ports.clock.now(),
    days: session.store?.days() ?? [],
    live: allSinceFirstStudent(session),
  });
  const page = renderReport(model, { script: await asset('report.js'), style: await asset('report.css') });
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, page);
  } catch (cause) {
    throw new AppError(
      'storage-full',
      `The report could not be written to ${file}: ${(cause as Error).message}`,
      { cause },
    );
  }
  return null;
}

/** Everything that went through the gateway since a student was first allowed to answer. */
function allSinceFirstStudent({ policies, store }: Session): ReportOptions['live'] {
  const since = policies.flatMap(({ mode, sinceMs }) =>
    (mode === 'on' || mode === 'canary') && sinceMs !== undefined ? [sinceMs] : [],
  );
  if (store === null || since.length === 0) return null;
  const sinceMs = Math.min(...since);
  const days = store.days({ sinceMs });
  const calls = days.reduce((sum, day) => sum + day.calls, 0);
  const local = days.reduce((sum, day) => sum + day.answeredLocally, 0);
  return { sinceMs, local: exactRate(local, calls) };
}
