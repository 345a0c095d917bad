import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../base/error.ts';
import type { Actions } from '../protocol.ts';
import { taskOf } from './analysis.ts';
import { renderReport } from './report.ts';
import { reportModel } from './reportModel.ts';
import type { Session } from './session.ts';
import { buildState } from './state.ts';

/** Writes the self-contained HTML page about one task or all of them. */
export async function writeReport(
  session: Session,
  { taskId, file }: Actions['report.write'][0],
): Promise<null> {
  if (taskId !== null) taskOf(session, taskId);
  const state = buildState(session);
  const asset = (name: string): Promise<string> =>
    readFile(path.join(session.ports.dist, 'webview', name), 'utf8');
  const model = reportModel(state, {
    taskId,
    nowMs: session.ports.clock.now(),
    days: session.store?.days() ?? [],
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
