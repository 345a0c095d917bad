import path from 'node:path';
import { type Command, choiceOption, parse, UsageError } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { storageHelp } from './options.ts';

export const exportTask: Command = {
  usage: 'understudy export TASK FILE [options]',
  summary: "Writes a task's dataset for other trainers.",
  options: [['--as FORMAT', 'chat, jsonl or columns (chat).'], storageHelp],
  run: async (args) => {
    const { values, positionals } = parse(args, { as: { type: 'string' }, storage: { type: 'string' } }, 2);
    const [taskId, file] = positionals;
    if (taskId === undefined || file === undefined) throw new UsageError('Which task, and to which file?');
    const as = choiceOption('as', values.as, ['chat', 'jsonl', 'columns'] as const, 'chat');
    const app = await openApp({ storage: existingStorage(values.storage) });
    try {
      const { rows } = await app.run('traces.export', { taskId, file: path.resolve(file), as });
      process.stdout.write(`${JSON.stringify({ file, rows })}\n`);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};
