import { type Command, parse } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { storageHelp } from './options.ts';
import { createProgress } from './progress.ts';

export const tasks: Command = {
  usage: 'understudy tasks [options]',
  summary: 'Finds the tasks in the captured traffic and prints one line of JSON for each.',
  options: [storageHelp],
  run: async (args, signal) => {
    const { values } = parse(args, { storage: { type: 'string' } });
    const app = await openApp({ storage: existingStorage(values.storage) });
    const progress = createProgress();
    try {
      const stage = progress.stage('Finding tasks');
      const found = await app.run('tasks.analyse', null, { signal, onProgress: stage.update });
      stage.done(`${found.tasks} found`);
      for (const { id, name, calls, stage: reached, mode, summary } of app.state.tasks)
        process.stdout.write(`${JSON.stringify({ id, name, calls, stage: reached, mode, summary })}\n`);
    } finally {
      progress.close();
      await app.dispose();
    }
    return 0;
  },
};
