import { type Command, choiceOption, newKindsOption, numberOption, parse, UsageError } from './command.ts';
import { existingStorage, openApp } from './environment.ts';
import { promiseHelp, storageHelp, trainingHelp } from './options.ts';
import { createProgress } from './progress.ts';

export const train: Command = {
  usage: 'understudy train TASK [options]',
  summary: "Trains and certifies a task's student.",
  options: [
    [
      '--allow PROVIDER',
      "Says that you read the provider's terms and may train on its answers; may be repeated.",
    ],
    ...promiseHelp,
    ...trainingHelp,
    storageHelp,
  ],
  run: async (args, signal) => {
    const { values, positionals } = parse(
      args,
      {
        allow: { type: 'string', multiple: true },
        epsilon: { type: 'string' },
        delta: { type: 'string' },
        'new-kinds': { type: 'string' },
        device: { type: 'string' },
        seed: { type: 'string' },
        storage: { type: 'string' },
      },
      1,
    );
    const [taskId] = positionals;
    if (taskId === undefined) throw new UsageError('Which task? "understudy tasks" lists them.');
    const app = await openApp({
      storage: existingStorage(values.storage),
      settings: {
        epsilon: numberOption('epsilon', values.epsilon, 0.02, 0.001, 0.5),
        delta: numberOption('delta', values.delta, 0.05, 0.0001, 0.5),
        newKinds: newKindsOption(values['new-kinds']),
      },
    });
    const device = choiceOption(
      'device',
      values.device,
      ['auto', 'cpu', 'webgpu', 'webgpu-f16'] as const,
      'auto',
    );
    const seed = numberOption('seed', values.seed, 1, 0, 2 ** 31);
    const progress = createProgress();
    try {
      for (const provider of values.allow ?? [])
        await app.run('terms.decide', { provider, decision: 'allowed' });
      const stage = progress.stage('Training');
      const { certified } = await app.run(
        'student.train',
        { taskId, device, seed },
        { signal, onProgress: stage.update },
      );
      stage.done(certified ? 'certified' : 'stays with the teacher');
      const task = app.state.tasks.find((t) => t.id === taskId);
      process.stdout.write(`${JSON.stringify({ task: taskId, certified, summary: task?.summary ?? '' })}\n`);
    } finally {
      progress.close();
      await app.dispose();
    }
    return 0;
  },
};
