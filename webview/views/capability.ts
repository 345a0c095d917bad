import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, day, interval, percent } from '../format.ts';
import type { Controls, Model } from '../model.ts';
import { grades, verdicts } from '../words.ts';

type Capability = TaskState['capabilities'][number];
type Verdict = Capability['verdict'];
type Choice = NonNullable<TaskState['proposal']>['rows'][number];

export interface Row {
  readonly capability: Capability;
  /** What the proposal says of it: what the choice costs, what data is missing. */
  readonly choice: Choice | null;
  /** Length of its bar, 0 to 1. */
  readonly share: number;
}

/** One capability: offered, fired, kept, and how well; unfolded, why, since when and what a mistake costs. */
export function row(
  model: Model,
  task: TaskState,
  { capability, choice, share }: Row,
  controls: Controls,
): Tree {
  const { name, kind } = capability;
  const unfolded = `capability ${capability.id}`;
  const open = model.memory.open.includes(unfolded);
  const toggle = (event: Event): void => {
    const now = (event.target as HTMLDetailsElement).open;
    if (now !== open) controls.toggle(unfolded, now);
  };
  return h(
    'tr',
    { key: capability.id, 'data-capability': capability.id, 'data-verdict': capability.verdict },
    h(
      'th',
      { scope: 'row' },
      h(
        'details',
        { class: 'capability', props: { open }, on: { toggle } },
        h(
          'summary',
          { title: capability.reason },
          h(
            'span',
            { class: 'capability-name' },
            name,
            kind === 'label' || kind === name ? null : h('span', { class: 'quiet' }, ` · ${kind}`),
            newness(capability),
          ),
        ),
        open ? inside(model, task, capability, controls) : null,
      ),
      h('span', { class: 'quiet capability-figures' }, fired(capability)),
      agreement(capability),
      choice === null ? null : consequence(choice),
      h(
        'span',
        { class: 'bar bar-plain', 'aria-hidden': 'true' },
        h('span', { class: 'bar-fill', style: `inline-size:${(share * 100).toFixed(1)}%` }),
      ),
    ),
    h('td', null, verdictMenu(model, task, capability, controls)),
  );
}

function fired({ fired: hits, opportunities, rate, upper }: Capability): string {
  return hits === 0
    ? `never in ${count(opportunities)}, at most ${percent(upper)}`
    : `${count(hits)} of ${count(opportunities)}, ${percent(rate.rate)}`;
}

/** The weakness map's word on it. */
function agreement({ agreement: rate }: Capability): Child {
  if (rate === undefined || rate.n === 0) return null;
  return h(
    'span',
    { class: 'quiet capability-figures' },
    `student agrees ${percent(rate.rate, 0)} (${interval(rate)})`,
  );
}

/** What the choice sends to the teacher, and what is missing before it can be another one. */
function consequence({ costsShare, needed }: Choice): Child {
  const parts = [
    ...(costsShare > 0 ? [`sends ${percent(costsShare)} of the calls to the teacher`] : []),
    ...(needed === null ? [] : [`needs ${needed.text}`]),
  ];
  return parts.length === 0 ? null : h('span', { class: 'quiet capability-figures' }, parts.join('; '));
}

function newness({ status }: Capability): Child {
  return status === 'new' || status === 'dormant' || status === 'retired'
    ? h('span', { class: `chip tone-${status === 'new' ? 'ready' : 'quiet'}` }, status)
    : null;
}

function inside(model: Model, task: TaskState, capability: Capability, controls: Controls): Child {
  const { reason, firstSeenMs, lastSeenMs, days, effective, opportunities } = capability;
  const seen =
    firstSeenMs === null || lastSeenMs === null
      ? ''
      : `First ${day(firstSeenMs)}, last ${day(lastSeenMs)}, on ${count(days)} ${days === 1 ? 'day' : 'days'}. `;
  const worth = effective < 0.95 * opportunities ? `Worth ${count(effective)} independent calls. ` : '';
  return h(
    'div',
    { class: 'capability-inside' },
    h('p', null, reason),
    seen + worth === '' ? null : h('p', { class: 'quiet' }, seen + worth),
    costMenu(model, task, capability, controls),
  );
}

/** What a wrong answer costs: four plain grades with their money, any amount, or what was inferred. */
function costMenu(model: Model, task: TaskState, { id, name, cost }: Capability, controls: Controls): Tree {
  const change = (event: Event): void => {
    const value = (event.target as HTMLSelectElement).value;
    const grade = grades.find((candidate) => candidate.grade === value);
    if (value === 'amount') {
      controls.command('understudy.capability.setCost', task.id);
      return;
    }
    void controls.act('capability.setCost', {
      taskId: task.id,
      capabilityId: id,
      dollars: grade?.dollars ?? null,
    });
  };
  return h(
    'label',
    { class: 'cost' },
    h('span', { class: 'quiet' }, `A mistake: ${cost.reason}`),
    h(
      'select',
      {
        class: 'verdict',
        'aria-label': `Cost of a wrong answer on ${name}`,
        disabled: model.pending.has(`capability.setCost:${task.id}`),
        props: { value: cost.grade },
        on: { change },
      },
      grades.map(({ grade, label, dollars }) => {
        const money = grade === cost.grade ? cost.dollars : dollars;
        return h('option', { key: grade, value: grade }, `${label}, $${money} each`);
      }),
      h('option', { key: 'amount', value: 'amount' }, 'Another amount ...'),
      h('option', { key: 'inferred', value: '' }, 'As inferred'),
    ),
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
