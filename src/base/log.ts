/** Where a process says what it does. Never give it a request body, a header or a key. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** One line per message on a stream, with the time and a level. */
export function streamLog(write: (line: string) => void, now: () => number = Date.now): Log {
  const say = (level: string, message: string): void =>
    write(`${new Date(now()).toISOString()} ${level} ${message}\n`);
  return {
    info: (message) => say('info', message),
    warn: (message) => say('warn', message),
    error: (message, error) => say('error', error === undefined ? message : `${message}: ${describe(error)}`),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
