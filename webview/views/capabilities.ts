import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, percent } from '../format.ts';
import type { Controls, Model } from '../model.ts';
import { verdicts } from '../words.ts';
import { section } from './section.ts';

type Capability = TaskState['capabilities'][number];
type Verdict = Capability['verdict'];

const SHOWN = 12;
const order: readonly Verdict[] = ['not yet', 'route', 'keep', 'drop'];

/** What the teacher offers this task against what it ever used, with the verdict on each for the user to change. */
export function capabilities(model: Model, task: TaskState, controls: Controls): Child {
  if (task.capabilities.length === 0) return null;
  const never = task.capabilities.filter((capability) => capability.fired === 0).length;
  const note = `${count(task.capabilities.length)}, ${count(never)} never fired`;
  return section(
    model,
    controls,
    { name: 'capabilities', title: 'Capabilities', note, openAtFirst: true },
    () => {
      const filter = model.memory.verdictFilter;
      const matching = sorted(
        task.capabilities.filter((item) => filter === 'all' || item.verdict === filter),
      );
      const all = model.memory.open.includes('all-capabilities');
      const shown = all ? matching : matching.slice(0, SHOWN);
      return [
        filters(model, task, controls),
        table(model, task, shown, controls),
        more(matching.length, all, controls),
      ];
    },
  );
}

function sorted(list: readonly Capability[]): readonly Capability[] {
  return [...list].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || b.fired - a.fired);
}

function filters(model: Model, task: TaskState, controls: Controls): Tree {
  const counts = new Map<string, number>([['all', task.capabilities.length]]);
  for (const { verdict } of task.capabilities) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const chosen = model.memory.verdictFilter;
  return h(
    'div',
    { class: 'filters', role: 'group', 'aria-label': 'Show verdict' },
    [...counts].map(([verdict, n]) =>
      h(
        'button',
        {
          key: verdict,
          type: 'button',
          class: 'filter',
          'aria-pressed': String(chosen === verdict),
          on: { click: () => controls.filterVerdicts(verdict) },
        },
        `${verdicts[verdict] ?? 'All'} `,
        h('span', { class: 'filter-count' }, count(n)),
      ),
    ),
  );
}

function table(model: Model, task: TaskState, list: readonly Capability[], controls: Controls): Tree {
  const most = Math.max(1e-9, ...task.capabilities.map((capability) => capability.rate.rate));
  return h(
    'table',
    { class: 'capabilities' },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('th', { scope: 'col' }, 'Capability and how often it fired'),
        h('th', { scope: 'col' }, 'Verdict'),
      ),
    ),
    h(
      'tbody',
      null,
      list.map((capability) => row(model, task, capability, most, controls)),
    ),
  );
}

function row(model: Model, task: TaskState, capability: Capability, most: number, controls: Controls): Tree {
  const { fired, opportunities, rate, upper, name, kind } = capability;
  const figures =
    fired === 0
      ? `never in ${count(opportunities)}, at most ${percent(upper)}`
      : `${count(fired)} of ${count(opportunities)}, ${percent(rate.rate)}`;
  return h(
    'tr',
    { key: capability.id, 'data-capability': capability.id, 'data-verdict': capability.verdict },
    h(
      'th',
      { scope: 'row', title: capability.reason },
      h(
        'span',
        { class: 'capability-name' },
        name,
        kind === 'label' || kind === name ? null : h('span', { class: 'quiet' }, ` · ${kind}`),
      ),
      h('span', { class: 'quiet capability-figures' }, figures),
      h(
        'span',
        { class: 'bar bar-plain', 'aria-hidden': 'true' },
        h('span', { class: 'bar-fill', style: `inline-size:${((rate.rate / most) * 100).toFixed(1)}%` }),
      ),
    ),
    h('td', null, verdictMenu(model, task, capability, controls)),
  );
}

function verdictMenu(model: Model, task: TaskState, capability: Capability, controls: Controls): Tree {
  const change = (event: Event): void => {
    const value = (event.target as HTMLSelectElement).value;
    const verdict = value === '' ? null : (value as Verdict);
    void controls.act('capability.setVerdict', { taskId: task.id, capabilityId: capability.id, verdict });
  };
  return h(
    'select',
    {
      class: `verdict verdict-${capability.verdict.replace(' ', '-')}`,
      'aria-label': `Verdict on ${capability.name}`,
      disabled: model.pending.has(`capability.setVerdict:${task.id}`),
      props: { value: capability.verdict },
      on: { change },
    },
    Object.entries(verdicts).map(([value, label]) => h('option', { key: value, value }, label)),
    h('option', { key: 'proposed', value: '' }, 'As proposed'),
  );
}

function more(matching: number, all: boolean, controls: Controls): Child {
  if (matching <= SHOWN) return null;
  const click = (): void => controls.toggle('all-capabilities', !all);
  const label = all ? 'Show Fewer' : `Show All ${count(matching)}`;
  return h('vscode-button', { appearance: 'secondary', class: 'more', on: { click } }, label);
}
