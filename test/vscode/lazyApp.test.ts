import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/base/error.ts';
import { Emitter } from '../../src/base/event.ts';
import type { AppState } from '../../src/protocol.ts';
import { type AppLike, emptyState, LazyApp } from '../../src/vscode/lazyApp.ts';

/** An app in memory: it counts traces, and tells what was run. */
function memoryApp() {
  const states = new Emitter<AppState>();
  const ran: string[] = [];
  const app: AppLike & { disposed: boolean; emit(total: number): void } = {
    disposed: false,
    state: { ...emptyState, traces: { ...emptyState.traces, total: 1 } },
    onState: (listener) => states.on(listener),
    run: async (name) => {
      ran.push(name);
      return null as never;
    },
    dispose: async () => {
      app.disposed = true;
    },
    emit: (total) => states.emit({ ...emptyState, traces: { ...emptyState.traces, total } }),
  };
  return { app, ran };
}

test('nothing starts before the first action, and two actions share one app', async () => {
  const { app, ran } = memoryApp();
  let created = 0;
  const lazy = new LazyApp(
    async () => {
      created++;
      return app;
    },
    () => null,
  );
  assert.equal(created, 0);
  await Promise.all([lazy.run('capture.start', null), lazy.run('tasks.analyse', null)]);
  assert.equal(created, 1);
  assert.deepEqual(ran, ['capture.start', 'tasks.analyse']);
});

test('an obstacle is told as it is, and nothing starts', async () => {
  const lazy = new LazyApp(
    async () => assert.fail('started'),
    () => new AppError('bad-input', 'Not trusted.', { next: 'Trust it.' }),
  );
  await assert.rejects(lazy.run('capture.start', null), { message: 'Not trusted.', next: 'Trust it.' });
  assert.deepEqual(lazy.state, emptyState);
});

test('a failed start is a problem in the state, and the next action tries again', async () => {
  const { app } = memoryApp();
  let tries = 0;
  const lazy = new LazyApp(
    async () => {
      if (tries++ === 0) throw new AppError('storage-busy', 'Another window has it.', { next: 'Close it.' });
      return app;
    },
    () => null,
  );
  const seen: AppState[] = [];
  lazy.onState((state) => seen.push(state));
  await assert.rejects(lazy.start());
  assert.equal(lazy.state.problems[0]?.message, 'Another window has it.');
  assert.equal(lazy.state.problems[0]?.next, 'Close it.');
  await lazy.start();
  assert.deepEqual(lazy.state.problems, []);
  assert.equal(seen.length, 2);
});

test('the state of the app is passed on, and the app ends with its holder', async () => {
  const { app } = memoryApp();
  const lazy = new LazyApp(
    async () => app,
    () => null,
  );
  await lazy.start();
  assert.equal(lazy.state.traces.total, 1);
  app.emit(7);
  assert.equal(lazy.state.traces.total, 7);
  await lazy.dispose();
  assert.ok(app.disposed);
});
