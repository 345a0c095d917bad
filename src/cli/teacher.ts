import { existsSync } from 'node:fs';
import path from 'node:path';
import { startEmbeddedTeacher } from '../teacher/embedded.ts';
import { type Command, numberOption, parse, UsageError } from './command.ts';
import { dist } from './environment.ts';

/** The bundled sample of recorded requests. */
export const sampleFolder = path.join(dist, '..', 'sample');

export const teacher: Command = {
  usage: 'understudy teacher [options]',
  summary:
    'Runs the embedded teacher, which speaks the OpenAI and Anthropic wire formats and knows the bundled sample.',
  options: [
    ['--port N', 'Port on 127.0.0.1; 0 picks a free one (0).'],
    ['--delay MS', 'Milliseconds before each answer (25).'],
  ],
  run: async (args, signal) => {
    const { values } = parse(args, { port: { type: 'string' }, delay: { type: 'string' } });
    const file = path.join(sampleFolder, 'requests.jsonl.gz');
    if (!existsSync(file)) throw new UsageError(`The bundled sample is not here: ${file}`);
    const server = await startEmbeddedTeacher(file, {
      port: numberOption('port', values.port, 0, 0, 65535),
      delayMs: numberOption('delay', values.delay, 25, 0, 60000),
    });
    process.stdout.write(`${JSON.stringify({ ready: true, port: server.port, ...server.urls })}\n`);
    await untilAborted(signal);
    await server.close();
    return 0;
  },
};

export function untilAborted(signal: AbortSignal): Promise<void> {
  // A pending promise alone does not keep a process running.
  const awake = setInterval(() => {}, 60_000);
  return new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  }).finally(() => clearInterval(awake));
}
