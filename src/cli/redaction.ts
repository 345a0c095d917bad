import type { RedactionSettings } from '../traces/redact.ts';
import { UsageError } from './command.ts';

/** The options of every command that stores or shows calls: what is taken out beside keys and tokens. */
export const redactionOptions = {
  redact: { type: 'string' },
  'redact-pattern': { type: 'string', multiple: true },
} as const;

const kinds = ['emails', 'phones', 'cards', 'ibans'] as const;

export function redactionOf(values: {
  readonly redact?: string | undefined;
  readonly 'redact-pattern'?: readonly string[] | undefined;
}): RedactionSettings {
  const named = (values.redact ?? '').split(',').filter((name) => name !== '');
  const unknown = named.find((name) => !kinds.some((kind) => kind === name));
  if (unknown !== undefined)
    throw new UsageError(`--redact takes some of ${kinds.join(', ')}, not "${unknown}".`);
  const patterns = (values['redact-pattern'] ?? []).map((text) => {
    const [, name, pattern] = /^([A-Za-z0-9-]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || pattern === undefined)
      throw new UsageError(`--redact-pattern takes NAME=REGEX, not "${text}".`);
    return { name, pattern };
  });
  const chosen = Object.fromEntries(kinds.map((kind) => [kind, named.includes(kind)]));
  return { ...chosen, patterns };
}
