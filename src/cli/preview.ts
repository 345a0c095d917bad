import { readFile } from 'node:fs/promises';
import { type Command, existingFile, parse, UsageError } from './command.ts';
import { openApp, storageOf } from './environment.ts';
import { redactionHelp, storageHelp } from './options.ts';
import { redactionOf, redactionOptions } from './redaction.ts';

export const preview: Command = {
  usage: 'understudy preview FILE.json [options]',
  summary:
    'Shows what would be stored of a request body or a traffic line, and what would be taken out. Writes nothing.',
  options: [...redactionHelp, storageHelp],
  run: async (args) => {
    const { values, positionals } = parse(args, { storage: { type: 'string' }, ...redactionOptions }, 1);
    if (positionals.length !== 1) throw new UsageError('Which file?');
    const text = await readFile(existingFile(positionals[0]!), 'utf8');
    const app = await openApp({
      storage: storageOf(values.storage),
      settings: { redaction: redactionOf(values) },
    });
    try {
      const { stored, replaced } = await app.run('traces.preview', { text });
      for (const { where, rule } of replaced) process.stderr.write(`${where}: ${rule}\n`);
      process.stdout.write(`${stored}\n`);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};
