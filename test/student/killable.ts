import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

/** Starts a script of this folder as a process of its own, to be killed. */
export function start(script: string, ...args: string[]): ChildProcess {
  return fork(path.join(import.meta.dirname, script), args, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
}

/** Everything a process says until it ends. */
export function messagesOf<Message>(
  child: ChildProcess,
  onMessage: (message: Message) => void = () => {},
): Promise<Message[]> {
  const messages: Message[] = [];
  child.on('message', (message: Message) => {
    messages.push(message);
    onMessage(message);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(messages));
  });
}
