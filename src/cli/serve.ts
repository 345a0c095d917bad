import os from 'node:os';
import path from 'node:path';
import { AppError } from '../base/error.ts';
import { type Command, numberOption, parse, UsageError } from './command.ts';
import { openApp } from './environment.ts';
import { redactionOf, redactionOptions, redactionUsage } from './redaction.ts';
import { untilAborted } from './teacher.ts';

export const serve: Command = {
  usage: `understudy serve [--port 0] [--storage DIR] [--upstream openai=URL ...] ${redactionUsage} [--keep-days 0] [--keep-megabytes 0] [--record-agents]`,
  summary: 'Runs the gateway and its students without an editor, until SIGTERM.',
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
      storage: path.resolve(values.storage ?? path.join(os.homedir(), '.understudy', 'serve')),
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
