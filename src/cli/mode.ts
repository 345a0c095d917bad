import type { Actions } from '../protocol.ts';
import { type Command, parse, UsageError } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { storageHelp } from './options.ts';

type Mode = Actions['task.setMode'][0]['mode'];

const modes: readonly Mode[] = ['off', 'shadow', 'canary', 'on'];

export const mode: Command = {
  usage: 'understudy mode TASK off|shadow|canary|on [options]',
  summary: "Says who answers a task's calls. A gateway that runs on this storage follows at once.",
  options: [storageHelp],
  run: async (args) => {
    const { values, positionals } = parse(args, { storage: { type: 'string' } }, 2);
    const [taskId, wanted] = positionals;
    if (taskId === undefined || wanted === undefined) throw new UsageError('Which task, and who answers it?');
    const chosen = modes.find((known) => known === wanted);
    if (chosen === undefined)
      throw new UsageError(`The mode is one of ${modes.join(', ')}, not "${wanted}".`);
    const app = await openApp({ storage: existingStorage(values.storage) });
    try {
      await app.run('task.setMode', { taskId, mode: chosen });
      process.stdout.write(`${JSON.stringify({ task: taskId, mode: chosen })}\n`);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};
