import type { ActionName, Actions, FromWebview, ToWebview } from '../src/protocol.ts';

/** What VS Code gives a webview page; there is exactly one per page. */
interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** What an action came to: nothing to say, or what happened and what to do next. */
export type ActionOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly next: string | null };

/** The extension's side of this page. */
export interface Host {
  /** Runs an action over there; never rejects. */
  act<K extends ActionName>(name: K, params: Actions[K][0]): Promise<ActionOutcome>;
  /** Runs one of our commands, on a task where there is one. */
  command(command: string, taskId?: string): void;
  /** What survives when the page is hidden or the window reloads. */
  readonly remembered: unknown;
  remember(state: unknown): void;
}

export function connect(onMessage: (message: ToWebview) => void): Host {
  const api = acquireVsCodeApi();
  const waiting = new Map<number, (outcome: ActionOutcome) => void>();
  let lastId = 0;
  window.addEventListener('message', (event: MessageEvent<ToWebview>) => {
    const message = event.data;
    if (message.kind === 'action-done' || message.kind === 'action-failed') {
      const settle = waiting.get(message.id);
      waiting.delete(message.id);
      settle?.(
        message.kind === 'action-done'
          ? { ok: true }
          : { ok: false, message: message.message, next: message.next },
      );
    } else {
      onMessage(message);
    }
  });
  const host: Host = {
    act: (name, params) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        api.postMessage({ kind: 'action', id, name, params } as FromWebview);
      }),
    command: (command, taskId) =>
      api.postMessage({ kind: 'command', command, ...(taskId !== undefined && { taskId }) }),
    remembered: api.getState(),
    remember: (state) => api.setState(state),
  };
  api.postMessage({ kind: 'ready' });
  return host;
}
