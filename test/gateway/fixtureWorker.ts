import type { FromWorker, ToWorker } from '../../src/worker/protocol.ts';
import { messagesOf } from '../../src/worker/turn.ts';

/**
 * A worker process whose student does what the input says: `sure <label>`, `unsure <label>`, `cut <label>` (by a limit of
 * one token), `silent`, `slow`, `crash`, `fail`, or `call <tool>`. Everything around it is the real thing.
 */
const send = (message: FromWorker): void => void process.send?.(message);

process.on('message', (said: ToWorker | readonly ToWorker[]) => {
  for (const message of messagesOf(said)) answer(message);
});

function answer(message: ToWorker): void {
  if (message.method === 'load') {
    if (message.params.bundle.endsWith('damaged'))
      send({
        kind: 'error',
        id: message.id,
        code: 'bundle-damaged',
        message: 'wide.onnx is not the file that was written',
        next: null,
      });
    else send({ kind: 'result', id: message.id, value: { card: null } });
  } else if (message.method === 'unload') send({ kind: 'result', id: message.id, value: null });
  else if (message.method === 'predict') predict(message.id, message.params.inputs[0]?.slots['text'] ?? '');
}

process.on('disconnect', () => process.exit(0));
send({ kind: 'ready' });

function predict(id: number, input: string): void {
  const [manner = '', word = ''] = input.split(' ');
  if (manner === 'crash') process.exit(7);
  if (manner === 'fail') {
    send({ kind: 'error', id, code: 'internal', message: 'no luck', next: null });
    return;
  }
  const answer =
    manner === 'silent'
      ? null
      : manner === 'call'
        ? { text: null, toolCalls: [{ name: word, arguments: '{"a":1}' }] }
        : {
            text: word,
            toolCalls: [],
            ...(manner === 'cut' ? { ending: { kind: 'limit', tokens: 1 } as const } : {}),
          };
  const confidence = manner === 'unsure' ? 0.4 : 0.99;
  const value = { predictions: [{ answer, confidence, bucket: 'all', reason: null, cached: false }] };
  setTimeout(() => send({ kind: 'result', id, value }), manner === 'slow' ? 60_000 : 0);
}
