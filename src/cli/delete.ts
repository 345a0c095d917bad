import type { Actions } from '../protocol.ts';
import { type Command, parse, UsageError } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { storageHelp } from './options.ts';

export const deleteTraces: Command = {
  usage: 'understudy delete --trace ID | --task TASK | --all [options]',
  summary:
    'Deletes recorded calls for good, from compressed segments too. Students that were trained on them stay.',
  options: [
    ['--trace ID', 'One call.'],
    ['--task TASK', 'All calls of a task.'],
    ['--all', 'Every recorded call.'],
    storageHelp,
  ],
  run: async (args) => {
    const { values } = parse(args, {
      trace: { type: 'string' },
      task: { type: 'string' },
      all: { type: 'boolean' },
      storage: { type: 'string' },
    });
    const what = whatOf(values);
    if (what === null) throw new UsageError('Delete what? Name one of --trace, --task and --all.');
    const app = await openApp({ storage: existingStorage(values.storage) });
    try {
      const { deleted } = await app.run('traces.delete', { what });
      process.stdout.write(`${JSON.stringify({ deleted })}\n`);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};

function whatOf(values: {
  trace?: string | undefined;
  task?: string | undefined;
  all?: boolean | undefined;
}): Actions['traces.delete'][0]['what'] | null {
  const { trace, task, all = false } = values;
  if (Number(trace !== undefined) + Number(task !== undefined) + Number(all) !== 1) return null;
  if (trace !== undefined) return { traceId: trace };
  return task === undefined ? 'all' : { taskId: task };
}
