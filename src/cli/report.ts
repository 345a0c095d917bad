import path from 'node:path';
import { type Command, parse, UsageError } from './command.ts';
import { openApp } from './environment.ts';
import { storageOf } from './import.ts';

export const report: Command = {
  usage: 'understudy report FILE.html [--task ID] [--storage DIR]',
  summary: 'Analyses the captured traffic and writes a self-contained HTML report.',
  run: async (args, signal) => {
    const { values, positionals } = parse(args, { task: { type: 'string' }, storage: { type: 'string' } });
    const [file] = positionals;
    if (file === undefined) throw new UsageError('To which file?');
    const app = await openApp({ storage: storageOf(values.storage) });
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
