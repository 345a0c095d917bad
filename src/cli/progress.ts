/** Progress for people: one bar per stage on a terminal, one line per finished stage elsewhere. Everything goes to stderr. */
export interface Progress {
  stage(title: string): Stage;
  close(): void;
}

export interface Stage {
  readonly update: (fraction: number, message: string) => void;
  readonly done: (message: string) => void;
}

const WIDTH = 24;

export function createProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  const interactive = out.isTTY === true && process.env['NO_PROGRESS'] === undefined;
  let painted = 0;
  return {
    stage: (title) => {
      const started = performance.now();
      const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
      return {
        update: (fraction, message) => {
          const now = performance.now();
          if (!interactive || now - painted < 60) return;
          painted = now;
          out.write(
            `\r\u001b[2K${row(title, bar(fraction), `${message}`.slice(0, Math.max(10, (out.columns ?? 100) - 56)))}`,
          );
        },
        done: (message) => {
          if (interactive) out.write('\r\u001b[2K');
          out.write(`${row(title, interactive ? bar(1) : '', message)}  ${seconds()}\n`);
        },
      };
    },
    close: () => {
      if (interactive) out.write('\r\u001b[2K');
    },
  };
}

function row(title: string, bar: string, message: string): string {
  return `${title.slice(0, 26).padEnd(27)}${bar === '' ? '' : `${bar}  `}${message}`;
}

function bar(fraction: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * WIDTH * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + part).padEnd(WIDTH, '░');
}
