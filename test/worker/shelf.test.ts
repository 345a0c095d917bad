import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import type { Student } from '../../src/student/student.ts';
import { trainStudent } from '../../src/student/train.ts';
import { createShelf } from '../../src/worker/shelf.ts';
import { request, said, topicCalls } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from '../student/support.ts';

/** Nothing is closed to make room for another. */
const high = { ceiling: 1e9, restMs: 0 };
const inputs = [{ slots: { text: request(1).text }, context: {} }];
const ask = (student: Student) => student.predict(inputs);

function withBundle(run: (bundle: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const options = optionsIn(folder);
    await trainStudent(dataOf(topicCalls(100, (topic) => said(topic))), specOf(), options);
    await run(options.target);
  });
}

test('students that nobody asks are closed where there is no room, and answer all the same', () =>
  withBundle(async (bundle) => {
    const shelf = createShelf({ room: 0, idleMs: 0, ...high });
    for (const task of ['a', 'b', 'c']) await shelf.put(task, bundle);
    assert.deepEqual(shelf.open, ['c']);
    const [late] = await shelf.use('a', ask);
    const [open] = await shelf.use('c', ask);
    assert.notEqual(late!.answer, null);
    assert.deepEqual(late, open);
    await shelf.tidy();
    assert.deepEqual(shelf.open, []);
  }));

test('with room for them, or asked a moment ago, they stay', () =>
  withBundle(async (bundle) => {
    const roomy = createShelf({ room: 1e9, idleMs: 0, ...high });
    for (const task of ['a', 'b']) await roomy.put(task, bundle);
    await roomy.tidy();
    assert.deepEqual(roomy.open, ['a', 'b']);
    const patient = createShelf({ room: 0, idleMs: 1e9, ...high });
    await patient.put('a', bundle);
    await patient.use('a', ask);
    await patient.put('b', bundle);
    assert.deepEqual(patient.open, ['a', 'b']);
  }));

test('before one more is opened than there may be, one that rests is closed, and none that was just asked', () =>
  withBundle(async (bundle) => {
    for (const restMs of [0, 1e9]) {
      const shelf = createShelf({ room: 0, idleMs: 0, ceiling: 0, restMs });
      for (const task of ['a', 'b']) await shelf.put(task, bundle);
      await shelf.tidy();
      await shelf.use('a', ask);
      assert.deepEqual(shelf.open, ['a']);
      await shelf.use('b', async (student) => {
        assert.deepEqual(shelf.open, restMs === 0 ? ['b'] : ['a', 'b']);
        await ask(student);
      });
      await shelf.tidy();
    }
  }));

test('a student is not closed while it answers, and calls at once open it once', () =>
  withBundle(async (bundle) => {
    const shelf = createShelf({ room: 0, idleMs: 0, ...high });
    await shelf.put('a', bundle);
    await shelf.tidy();
    const students = await Promise.all(
      [1, 2, 3].map(() =>
        shelf.use('a', async (student) => {
          await shelf.tidy();
          await student.predict(inputs);
          return student;
        }),
      ),
    );
    assert.equal(new Set(students).size, 1);
    await shelf.take('a');
    await assert.rejects(shelf.use('a', ask), { code: 'not-found' });
  }));

test('a bundle that is gone when it is opened again is reported, and tried anew', () =>
  withBundle(async (bundle) => {
    const shelf = createShelf({ room: 0, idleMs: 0, ...high });
    await shelf.put('a', bundle);
    await shelf.tidy();
    rmSync(bundle, { recursive: true });
    for (let i = 0; i < 2; i++) await assert.rejects(shelf.use('a', ask), { code: 'bundle-damaged' });
  }));
