import { type Child, h, type Tree } from '../dom.ts';
import { plural } from '../format.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';

/** One line on what the gateway does and what has been recorded. */
export function gatewayBar(model: Model, controls: Controls): Child {
  const { gateway, traces } = model.state;
  if (gateway.kind === 'stopped' && traces.total === 0) return null;
  const calls =
    traces.total === 0
      ? null
      : h(
          'span',
          { class: 'quiet', title: `${plural(traces.today, 'call')} today` },
          plural(traces.total, 'call'),
        );
  return h(
    'div',
    { key: 'gateway', class: 'gateway-bar', 'data-gateway': kind(model) },
    status(model),
    calls,
    shed(traces.shed),
    button(model, controls),
  );
}

/** Calls that went through unrecorded because the disk or the machine was too slow. */
function shed(count: number): Child {
  if (count === 0) return null;
  const why = 'They were answered, but there was no room or no time to record them.';
  return h('span', { class: 'quiet', title: why }, `${plural(count, 'call')} not recorded`);
}

function kind({ state: { gateway, problems } }: Model): string {
  if (gateway.kind !== 'running') return gateway.kind;
  if (!gateway.capturing) return 'paused';
  return problems.some(({ id }) => id === 'recorder') ? 'waiting' : 'recording';
}

function status(model: Model): Tree {
  const { gateway } = model.state;
  const words = {
    recording: 'Recording',
    waiting: 'Recording pauses',
    paused: 'Not recording',
    starting: 'Starting',
    failed: 'Gateway failed',
    stopped: 'Not recording',
  };
  const name = kind(model) as keyof typeof words;
  const port =
    gateway.kind === 'running'
      ? `Gateway on 127.0.0.1:${gateway.port}`
      : gateway.kind === 'failed'
        ? gateway.message
        : '';
  return h(
    'span',
    { class: 'gateway-status', role: 'status', title: port },
    h('span', { class: `dot dot-${name}`, 'aria-hidden': 'true' }),
    words[name],
  );
}

function button({ state: { gateway }, pending }: Model, controls: Controls): Child {
  if (gateway.kind === 'starting')
    return h('vscode-progress-ring', { class: 'small-ring', 'aria-label': 'Starting' });
  if (gateway.kind === 'running' && gateway.capturing) return null;
  const busy = pending.has('capture.start:');
  return h(
    'vscode-button',
    {
      appearance: 'secondary',
      class: 'compact',
      disabled: busy,
      on: { click: () => void controls.act('capture.start', null) },
    },
    icon(busy ? 'loading' : 'record'),
    gateway.kind === 'failed' ? 'Try again' : 'Record',
  );
}
