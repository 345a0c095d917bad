import path from 'node:path';
import { type Command, existingFile, parse, UsageError } from './command.ts';
import { openApp, storageOf } from './environment.ts';
import { redactionHelp, storageHelp } from './options.ts';
import { redactionOf, redactionOptions } from './redaction.ts';

export const importFiles: Command = {
  usage: 'understudy import FILE... [options]',
  summary:
    'Imports traces from fine-tuning files, stored completions, batches, Langfuse, LangSmith, Helicone, LiteLLM, OpenTelemetry and our own format.',
  options: [
    [
      '--with FILE',
      "Has the other halves: a batch's requests, or the messages of stored completions; may be repeated.",
    ],
    ...redactionHelp,
    storageHelp,
  ],
  run: async (args) => {
    const { values, positionals } = parse(
      args,
      {
        with: { type: 'string', multiple: true },
        storage: { type: 'string' },
        ...redactionOptions,
      },
      Number.POSITIVE_INFINITY,
    );
    if (positionals.length === 0) throw new UsageError('Which file?');
    const files = positionals.map(existingFile);
    const companions = (values.with ?? []).map((file) => path.resolve(existingFile(file)));
    const app = await openApp({
      storage: storageOf(values.storage),
      settings: { redaction: redactionOf(values) },
    });
    try {
      for (const file of files) {
        const { imported, duplicates, skipped } = await app.run('traces.import', {
          file: path.resolve(file),
          companions,
        });
        for (const { line, reason } of skipped.slice(0, 20))
          process.stderr.write(`${file}:${line}: ${reason}; skipped\n`);
        if (skipped.length > 20) process.stderr.write(`${file}: ${skipped.length - 20} more lines skipped\n`);
        process.stdout.write(`${JSON.stringify({ file, imported, duplicates, skipped: skipped.length })}\n`);
      }
    } finally {
      await app.dispose();
    }
    return 0;
  },
};
