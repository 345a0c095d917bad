import path from 'node:path';
import { type Command, parse, UsageError } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { storageHelp } from './options.ts';

export const report: Command = {
  usage: 'understudy report FILE.html [options]',
  summary: 'Analyses the captured traffic and writes a self-contained HTML report.',
  options: [['--task TASK', 'Only this task (all of them).'], storageHelp],
  run: async (args, signal) => {
    const { values, positionals } = parse(args, { task: { type: 'string' }, storage: { type: 'string' } }, 1);
    const [file] = positionals;
    if (file === undefined) throw new UsageError('To which file?');
    const app = await openApp({ storage: existingStorage(values.storage) });
    try {
      await app.run('tasks.analyse', null, { signal });
      await app.run('report.write', { taskId: values.task ?? null, file: path.resolve(file) });
      process.stdout.write(`${JSON.stringify({ file, tasks: app.state.tasks.length })}\n`);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};
