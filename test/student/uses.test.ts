import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadStudent } from '../../src/student/bundle.ts';
import { trainStudent } from '../../src/student/train.ts';
import { blockedIds, blockedUse } from '../../src/student/uses.ts';
import { called, request, said, topicCalls } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

test('values of a tool argument are blocked under the name that the catalogue gives them', () => {
  const { plan } = dataOf(topicCalls(60, (topic) => called(['play', JSON.stringify({ topic })])));
  const answer = called(['play', '{"topic": "food", "deep": {"list": ["a"]}}']);
  const blocks = (...ids: string[]) => blockedUse(plan, answer, blockedIds(ids));
  assert.equal(blocks('enum:play.topic=food'), 'enum:play.topic=food');
  assert.equal(blocks('enum:play.deep.list=a'), 'enum:play.deep.list=a');
  assert.equal(blocks('argument:play.topic'), 'argument:play.topic');
  assert.equal(blocks('enum:play.topic=music', 'tool:stop', 'label:play'), null);
});

test('a routed label is still a class of the student, and its calls go to the teacher', () =>
  inFolder(async (folder) => {
    const data = dataOf(topicCalls(300, (topic) => said(topic)));
    const capabilities = { keep: [], route: ['label:Music'], drop: [], signedBy: null, signedMs: null };
    const options = optionsIn(folder, { capabilities });
    await trainStudent(data, specOf(), options);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const inputs = Array.from({ length: 40 }, (_, i) => ({
      slots: { text: request(i).text },
      context: {},
    }));
    const predictions = await student.value.predict(inputs);
    const [fresh] = await student.value.predict([
      { slots: { text: 'please play the song louder' }, context: {} },
    ]);
    assert.equal(fresh?.answer?.text, 'music');
    assert.match(fresh?.reason ?? '', /Music stays with the teacher/);
    assert.ok(predictions.every((p) => p.answer?.text !== 'music' || p.reason !== null));
    assert.ok(predictions.some((p) => p.reason === null));
    await student.value.dispose();
  }));
