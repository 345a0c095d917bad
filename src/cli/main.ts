import { AppError, toAppError } from '../base/error.ts';
import { type Command, UsageError } from './command.ts';
import { deleteTraces } from './delete.ts';
import { demo } from './demo.ts';
import { exportTask } from './export.ts';
import { helpOf, overview } from './help.ts';
import { importFiles } from './import.ts';
import { mode } from './mode.ts';
import { preview } from './preview.ts';
import { replay } from './replay.ts';
import { report } from './report.ts';
import { serve } from './serve.ts';
import { tasks } from './tasks.ts';
import { teacher } from './teacher.ts';
import { train } from './train.ts';

/** The headless front: `understudy <command> [options]`. Exit codes: 0 done, 1 failed, 2 misuse, 130 interrupted. */

const commands: Readonly<Record<string, Command>> = {
  demo,
  replay,
  serve,
  import: importFiles,
  tasks,
  train,
  mode,
  export: exportTask,
  preview,
  delete: deleteTraces,
  report,
  teacher,
};

async function main(): Promise<number> {
  const [first, ...rest] = process.argv.slice(2);
  const asked = first === 'help' || first === '--help' || first === '-h';
  const name = asked ? rest[0] : first;
  if (name === undefined) {
    (asked ? process.stdout : process.stderr).write(overview(commands));
    return asked ? 0 : 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`Unknown command "${name}". Commands: ${Object.keys(commands).join(', ')}.\n`);
    return 2;
  }
  if (asked || rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(command));
    return 0;
  }
  // The first Ctrl+C ends the work in order; the second one at once.
  const interrupt = new AbortController();
  const stop = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await command.run(rest, interrupt.signal);
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      process.stderr.write(`${thrown.message}\nUsage: ${command.usage}\n--help tells its options.\n`);
      return 2;
    }
    if (interrupt.signal.aborted) {
      process.stderr.write('Interrupted; everything was closed.\n');
      return 130;
    }
    const error = toAppError(thrown);
    process.stderr.write(`${error.message}${error.next === null ? '' : ` ${error.next}`}\n`);
    if (!(thrown instanceof AppError) && process.env['UNDERSTUDY_DEBUG'] && thrown instanceof Error)
      process.stderr.write(`${thrown.stack}\n`);
    return 1;
  }
}

void main().then((code) => {
  process.exitCode = code;
});
