import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, percent } from '../format.ts';
import type { Controls, Model } from '../model.ts';
import { verdicts } from '../words.ts';
import { type Row, row } from './capability.ts';
import { section } from './section.ts';

type Capability = TaskState['capabilities'][number];
type Verdict = Capability['verdict'];

const SHOWN = 12;
const order: readonly Verdict[] = ['not yet', 'route', 'keep', 'drop'];

/** One table: what the teacher offers this task, what of it fired, what is kept, and how well the student does it. */
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
        shareOf(task, verdict),
      ),
    ),
  );
}

/** What part of the traffic a verdict decides. */
function shareOf({ proposal }: TaskState, verdict: string): Child {
  const share = proposal?.totals[verdict as Verdict]?.share ?? 0;
  return share === 0 ? null : h('span', { class: 'filter-count' }, ` · ${percent(share)} of calls`);
}

function table(model: Model, task: TaskState, list: readonly Capability[], controls: Controls): Tree {
  const most = Math.max(1e-9, ...task.capabilities.map((capability) => capability.rate.rate));
  const choices = new Map((task.proposal?.rows ?? []).map((choice) => [choice.id, choice]));
  const rowOf = (capability: Capability): Row => ({
    capability,
    choice: choices.get(capability.id) ?? null,
    share: capability.rate.rate / most,
  });
  return h(
    'table',
    { class: 'capabilities' },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('th', { scope: 'col' }, 'Capability, how often it fired, and how well the student does it'),
        h('th', { scope: 'col' }, 'Verdict'),
      ),
    ),
    h(
      'tbody',
      null,
      list.map((capability) => row(model, task, rowOf(capability), controls)),
    ),
  );
}

function more(matching: number, all: boolean, controls: Controls): Child {
  if (matching <= SHOWN) return null;
  const click = (): void => controls.toggle('all-capabilities', !all);
  const label = all ? 'Show Fewer' : `Show All ${count(matching)}`;
  return h('vscode-button', { appearance: 'secondary', class: 'more', on: { click } }, label);
}
