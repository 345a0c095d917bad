import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ModelCard, TrainProgress } from '../../src/student/student.ts';
import { messagesOf, start } from './killable.ts';
import { inFolder } from './support.ts';

type Message = TrainProgress & { readonly card?: Pick<ModelCard, 'files' | 'outcome' | 'rung' | 'report'> };

/** When a process is killed, and which messages no later one may say, as they come from parts that were finished. */
interface Death {
  readonly at: (message: Message) => boolean;
  readonly finished: (message: Message) => boolean;
}

const pilot = ({ message }: Message): boolean => message === 'Training a pilot network';
const network = ({ message }: Message): boolean => message === 'Training the networks';
const writing = ({ message }: Message): boolean => message.includes('of the held-out texts exactly');
/** The first of three networks ends after a third of what is told of all, from 0.5 to 0.84. */
const first = (message: Message): boolean => network(message) && message.fraction < 0.61;
const in20 = (series: string) => (message: Message) =>
  message.point?.series === series && message.point.step > 20;

test('networks killed at any stage go on behind what was finished and become the same student', () =>
  inFolder((folder) =>
    survives(folder, 'labels', 'wide+deep', [
      { at: ({ point }) => point?.series === 'wide' && point.step === 3, finished: () => false },
      { at: in20('pilot'), finished: () => false },
      { at: in20('cnn 1'), finished: pilot },
      { at: in20('cnn 2'), finished: (message) => pilot(message) || first(message) },
      { at: ({ stage }) => stage === 'calibrate', finished: (message) => pilot(message) || network(message) },
      // Nothing is promised of it: it learns from the calls kept aside as well.
      { at: in20('cnn 2 again'), finished: (message) => pilot(message) || network(message) },
    ]),
  ));

test('a generator killed while it learns and after it becomes the same student', () =>
  inFolder((folder) =>
    survives(folder, 'texts', 'generator', [
      { at: ({ point }) => point?.series === 'generator', finished: () => false },
      { at: ({ stage }) => stage === 'calibrate', finished: writing },
    ]),
  ));

async function survives(folder: string, name: string, rung: string, deaths: readonly Death[]): Promise<void> {
  const [calm, torn] = [path.join(folder, 'calm'), path.join(folder, 'torn')];
  const undisturbed = await messagesOf<Message>(start('studentProcess.ts', calm, name));
  const made = undisturbed.at(-1)!.card;
  assert.equal(made?.rung, rung);
  let finished: Death['finished'] = () => false;
  let kept: Readonly<Record<string, string>> = {};
  for (const death of deaths) {
    const child = start('studentProcess.ts', torn, name);
    const seen = await messagesOf<Message>(child, (message) => {
      if (death.at(message)) child.kill('SIGKILL');
    });
    assert.equal(child.signalCode, 'SIGKILL');
    assert.deepEqual(seen.filter(finished), []);
    // What was learned is not even written again.
    const now = learnedIn(torn);
    for (const [file, written] of Object.entries(kept)) assert.equal(now[file], written, file);
    [finished, kept] = [death.finished, now];
  }
  assert.ok(Object.keys(kept).length > 0);
  const resumed = await messagesOf<Message>(start('studentProcess.ts', torn, name));
  assert.deepEqual(resumed.filter(finished), []);
  assert.deepEqual(resumed.at(-1)!.card, made);
  assert.deepEqual(pointsOf(resumed), pointsOf(undisturbed));
  assert.deepEqual(readdirSync(torn), ['bundle']);
}

/** Files of parts that are done, with when each was written. */
function learnedIn(folder: string): Record<string, string> {
  const all = readdirSync(path.join(folder, 'checkpoints'), { recursive: true, encoding: 'utf8' });
  // Positions of a training that goes on are written again and again.
  const learned = all.filter((file) => /(?:heads|tagger|network|deep|generator)\d+\.checkpoint$/u.test(file));
  return Object.fromEntries(
    learned.map((file) => {
      const { ino, mtimeMs } = statSync(path.join(folder, 'checkpoints', file));
      return [file, `${ino} ${mtimeMs}`];
    }),
  );
}

function pointsOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ point }) => (point === undefined ? [] : [JSON.stringify(point)])).sort();
}
