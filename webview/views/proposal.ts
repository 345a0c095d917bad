import type { TaskState } from '../../src/protocol.ts';
import { coverageChart } from '../charts/coverage.ts';
import { type Child, h } from '../dom.ts';
import { dollars, percent, plural, priceDate, seconds } from '../format.ts';
import type { Controls } from '../model.ts';
import { agreement } from './agreement.ts';
import { drawing } from './drawing.ts';
import { figure, figures } from './figure.ts';

/** The smallest set worth distilling, before any training is paid for; once there is a student its proof says more. */
export function proposal(task: TaskState, controls: Controls): Child {
  const { proposal: proposed, student, output } = task;
  if (proposed === null) return null;
  if (output.kind === 'text')
    return student === null && output.short !== undefined ? toTry(output.short) : null;
  return h(
    'section',
    { key: 'proposal', class: 'block', 'aria-label': 'Proposal' },
    h('h3', null, student === null ? 'Proposal' : 'Capability Set'),
    student === null ? estimate(task, proposed) : null,
    agreement(task, controls),
  );
}

/** Nothing is chosen of short texts: only trying tells how many of them can be served. */
function toTry(short: 'copied' | 'written'): Child {
  const how =
    short === 'copied'
      ? 'Most answers are short and stand in the input: a student marks them there.'
      : 'The answers are short texts, written anew: a small network tries to write them, and a short pilot tells whether it can.';
  return h(
    'section',
    { key: 'proposal', class: 'block', 'aria-label': 'Proposal' },
    h('h3', null, 'Proposal'),
    h('p', null, `${how} What cannot be promised stays with the teacher.`),
  );
}

/** What becomes of the rest; a choice that nothing has is not mentioned. */
function others(totals: Proposed['totals']): string {
  const [route, drop, later] = [totals.route, totals.drop, totals['not yet']].map((t) => t.capabilities);
  const parts = [
    route ? `${route} ${route === 1 ? 'stays' : 'stay'} with the teacher` : '',
    drop ? `${drop} ${drop === 1 ? 'is' : 'are'} dropped` : '',
    later ? `${later} had no turn yet` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` Of all, ${parts.join(', ')}.`;
}

function estimate(task: TaskState, { totals, local, saving, training, curve, rows }: Proposed): Child {
  const names = new Map(rows.map((row) => [row.id, row.name]));
  const points = curve.map((point) => ({
    ...point,
    name: point.id === null ? null : (names.get(point.id) ?? point.id),
  }));
  const kept = curve.findLast((point) => point.verdict === 'keep')?.capabilities ?? 0;
  const silent = rows.filter((row) => row.fired === 0 && choices.has(row.kind)).length;
  return [
    h(
      'p',
      { class: 'summary' },
      `Keep ${plural(kept, 'capability', 'capabilities')} that answers differ by: ${percent(totals.keep.share)} of the calls.${others(totals)}`,
    ),
    points.length < 3 ? null : drawing(coverageChart({ points, silent }, { width: 380, height: 200 })),
    figures(
      figure({
        label: 'Could be local',
        value: percent(local.expected, 0),
        note: `by estimate, at most ${percent(local.atMost)}`,
        title: local.basis,
      }),
      figure({
        label: 'Training',
        value: seconds(training.seconds),
        note: plural(training.rows, 'example'),
        title: training.basis,
      }),
      saving.savedPerMonth === null
        ? figure({
            label: 'Saves a month',
            value: 'unknown',
            note: `no price for ${saving.unknownModels[0] ?? 'this model'}`,
            title: 'Set what you pay in understudy.prices',
          })
        : figure({
            label: 'Saves a month',
            value: dollars(saving.savedPerMonth),
            note: priceDate(task),
            title: `of ${dollars(saving.teacherPerMonth ?? 0)} at ${plural(Math.round(saving.callsPerMonth), 'call')} a month`,
          }),
    ),
    soonest(rows),
  ];
}

type Proposed = NonNullable<TaskState['proposal']>;

const choices: ReadonlySet<string> = new Set(['label', 'enum', 'tool', 'field', 'argument']);

/** The data that decides the next open choice. */
function soonest(rows: Proposed['rows']): Child {
  const waiting = rows.flatMap((row) => (row.needed === null ? [] : [{ name: row.name, ...row.needed }]));
  const [next] = waiting.sort((a, b) => a.traces - b.traces);
  if (next === undefined) return null;
  return h('p', { class: 'quiet' }, `Next to be settled: ${next.name}, with ${next.text}.`);
}
