import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainStudent } from '../../src/student/train.ts';
import { load, predict, unload } from '../../src/worker/serve.ts';
import { request, said, topicCalls } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from '../student/support.ts';

test('calls that come together get the answers that they get alone; one that fails leaves the others theirs', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    await trainStudent(dataOf(topicCalls(100, (topic) => said(topic))), specOf(), options);
    await load({ taskId: 'a', bundle: options.target });
    const asked = [1, 2, 3, 4].map((i) => [{ slots: { text: request(i).text }, context: {} }]);
    const alone = [];
    for (const inputs of asked) alone.push(await predict({ taskId: 'a', inputs }));
    const together = await Promise.all([
      predict({ taskId: 'a', inputs: [] }),
      ...asked.map((inputs) => predict({ taskId: 'a', inputs })),
      predict({ taskId: 'a', inputs: asked.flat() }),
    ]);
    assert.deepEqual(together[0], { predictions: [] });
    assert.deepEqual(together.slice(1, -1), alone);
    assert.deepEqual(
      together.at(-1)!.predictions,
      alone.flatMap(({ predictions }) => predictions),
    );

    const broken = { slots: null, context: {} } as unknown as (typeof asked)[number][number];
    const [good, bad] = await Promise.allSettled([
      predict({ taskId: 'a', inputs: asked[0]! }),
      predict({ taskId: 'a', inputs: [broken] }),
    ]);
    assert.deepEqual(good, { status: 'fulfilled', value: alone[0] });
    assert.equal(bad.status, 'rejected');
    await unload({ taskId: 'a' });
  }));
