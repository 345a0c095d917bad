import { AppError } from '../base/error.ts';
import { type Command, numberOption, parse, UsageError } from './command.ts';
import { openApp, storageOf } from './environment.ts';
import { redactionHelp, storageHelp } from './options.ts';
import { redactionOf, redactionOptions } from './redaction.ts';
import { untilAborted } from './teacher.ts';

export const serve: Command = {
  usage: 'understudy serve [options]',
  summary: 'Runs the gateway and its students without an editor, until SIGTERM.',
  options: [
    ['--port N', 'Port on 127.0.0.1; 0 picks a free one (0).'],
    storageHelp,
    [
      '--upstream PROVIDER=URL',
      'Where calls of openai, azure, anthropic, gemini or ollama go; may be repeated (the official endpoint).',
    ],
    ...redactionHelp,
    ['--keep-days N', 'Deletes recorded calls after so many days; 0 keeps them (0).'],
    ['--keep-megabytes N', 'Deletes the oldest calls beyond so much on disk; 0 sets no limit (0).'],
    ['--record-agents', 'Records the calls of coding assistants, too.'],
  ],
  run: async (args, signal) => {
    const { values } = parse(args, {
      port: { type: 'string' },
      storage: { type: 'string' },
      upstream: { type: 'string', multiple: true },
      'keep-days': { type: 'string' },
      'keep-megabytes': { type: 'string' },
      'record-agents': { type: 'boolean' },
      ...redactionOptions,
    });
    const app = await openApp({
      storage: storageOf(values.storage),
      settings: {
        port: numberOption('port', values.port, 0, 0, 65535),
        upstreams: upstreamsOf(values.upstream ?? []),
        redaction: redactionOf(values),
        retentionDays: numberOption('keep-days', values['keep-days'], 0, 0, 36_500),
        retentionMegabytes: numberOption('keep-megabytes', values['keep-megabytes'], 0, 0, 1e9),
        captureAgents: values['record-agents'] ?? false,
      },
    });
    try {
      await app.run('capture.start', null);
      const { gateway } = app.state;
      if (gateway.kind !== 'running') throw new AppError('gateway-unavailable', 'The gateway did not start.');
      process.stdout.write(`${JSON.stringify({ ready: true, ...gateway.baseUrls })}\n`);
      await untilAborted(signal);
    } finally {
      await app.dispose();
    }
    return 0;
  },
};

const providers = ['openai', 'azure', 'anthropic', 'gemini', 'ollama'];

export function upstreamsOf(pairs: readonly string[]): Record<string, string> {
  const upstreams: Record<string, string> = {};
  for (const pair of pairs) {
    const [, provider = '', url = ''] = /^([a-z]+)=(.*)$/.exec(pair) ?? [];
    if (!providers.includes(provider)) {
      throw new UsageError(
        `--upstream takes PROVIDER=URL with one of ${providers.join(', ')}, not "${pair}".`,
      );
    }
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new UsageError(`"${url}" is not an http(s) address.`);
    upstreams[provider] = url.replace(/\/$/, '');
  }
  return upstreams;
}
