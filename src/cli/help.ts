import type { Command } from './command.ts';

const WIDTH = 100;

/** Every command in a line or two. */
export function overview(commands: Readonly<Record<string, Command>>): string {
  const list = Object.entries(commands).map(([name, { summary }]) => row(`understudy ${name}`, summary, 20));
  return `Understudy, without an editor.\n\n${list.join('\n')}\n\nunderstudy COMMAND --help tells a command's options.\n`;
}

/** One command: its words, what it does, and each option with its default in brackets. */
export function helpOf({ usage, summary, options }: Command): string {
  const column = Math.max(0, ...options.map(([option]) => option.length)) + 2;
  const list = options.map(([option, meaning]) => row(option, meaning, column));
  return `${usage}\n\n${wrapped(summary, WIDTH).join('\n')}\n\n${list.join('\n')}\n`;
}

function row(term: string, text: string, column: number): string {
  const [first = '', ...more] = wrapped(text, WIDTH - column - 2);
  const indent = ' '.repeat(column + 2);
  return [`  ${term.padEnd(column)}${first}`, ...more.map((line) => indent + line)].join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
