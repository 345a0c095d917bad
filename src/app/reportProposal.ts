import { verdictStyle, verdicts } from '../../webview/charts/capabilities.ts';
import { coverageChart } from '../../webview/charts/coverage.ts';
import { el } from '../../webview/charts/svg.ts';
import { count, dollars, duration, percent, plural, priceDate } from '../../webview/charts/words.ts';
import type { CapabilityKind, Verdict } from '../capabilities/capability.ts';
import type { Proposal, ProposalRow } from '../capabilities/proposal.ts';
import type { TaskState } from '../protocol.ts';
import { type Content, html, type Markup, raw } from './html.ts';
import { card, figure, figuresTable } from './reportCard.ts';
import { offersChoice } from './reportModel.ts';

/** Rows shown on the page; the table behind the picture has all. */
const SHOWN = 6;

/** The smallest set worth distilling: what it covers, what each choice costs, what it would save, who agreed to it. */
export function proposal(state: TaskState): Content {
  if (state.proposal === null || !offersChoice(state)) return null;
  const { curve, rows, local, notes } = state.proposal;
  const names = new Map(rows.map((row) => [row.id, row.name]));
  const points = curve.map((p) => ({ ...p, name: p.id === null ? null : (names.get(p.id) ?? p.id) }));
  const kept = curve.findLast((point) => point.verdict === 'keep')?.capabilities ?? 0;
  const title =
    kept === 0
      ? 'No capability is worth keeping yet'
      : `${plural(kept, 'capability', 'capabilities')} ${kept === 1 ? 'carries' : 'carry'} ${percent(local.atMost)} of the calls`;
  return card(
    title,
    `The smallest set worth distilling${state.student === null ? ', before any training is paid for' : ''}: what answers differ by (labels, values, tools, optional fields), kept ones first, each where it adds most.`,
    coverageChart({ points, silent: rows.filter(isSilent).length }),
    {
      wide: true,
      below: html`${totals(state.proposal)}
<dl class="figures">${expectations(state, state.proposal)}${agreed(state)}</dl>
<div class="lists">${costs(rows)}${needed(rows)}</div>
${[...notes, basis(state.proposal)].map((note) => html`<p class="fine">${note}</p>`)}
${everyChoice(rows)}`,
    },
  );
}

function isSilent({ kind, fired }: ProposalRow): boolean {
  return fired === 0 && plainKinds.includes(kind);
}

const meaning: Readonly<Record<Verdict, readonly [name: string, then: string]>> = {
  keep: ['Kept', 'a student may answer them, where it is sure'],
  route: ['Routed', 'the teacher answers them'],
  'not yet': ['Not yet', 'too young to tell; the teacher answers until it is decided'],
  drop: ['Dropped', 'left out of the student; one answer that uses them reopens the choice'],
};

function totals({ totals: by }: Proposal): Markup {
  return html`<table class="choices"><thead><tr><th scope="col">Choice</th><th scope="col" class="number">Capabilities</th><th scope="col" class="number">Of the calls</th><th scope="col">What happens to them</th></tr></thead>
<tbody>${verdicts.map((verdict) => {
    const [name, then] = meaning[verdict];
    const { capabilities, share } = by[verdict];
    return html`<tr><th scope="row">${swatch(verdict)}${name}</th><td class="number">${count(capabilities)}</td><td class="number">${percent(share)}</td><td class="quiet">${then}</td></tr>`;
  })}</tbody></table>`;
}

function swatch(verdict: Verdict): Markup {
  const { fill, stroke } = verdictStyle[verdict];
  const dot = el('circle', { cx: 5, cy: 5, r: 4, fill, stroke, 'stroke-width': 1.5 });
  return raw(el('svg', { viewBox: '0 0 10 10', width: 10, height: 10, 'aria-hidden': 'true' }, dot));
}

function expectations(state: TaskState, { local, training }: Proposal): Markup {
  const cost = state.costPerMonth;
  const saved =
    cost === null
      ? figure('Saved a month', 'unknown', 'no list price is known for these models')
      : figure(
          'Saved a month',
          dollars(cost * local.expected),
          `of ${dollars(cost)} ${priceDate(state.proposal?.saving.prices ?? [])} and ${count(state.callsPerDay * 30)} calls a month`,
        );
  return html`${figure('Expected to be answered here', percent(local.expected), `of the calls; ${percent(local.atMost)} at most`)}${saved}
${figure('Training takes about', duration(training.seconds), `from ${plural(training.rows, 'example')} of ${plural(training.classes, 'choice')}`)}`;
}

function agreed({ signed }: TaskState): Markup {
  if (signed === null) return figure('Agreed to by', 'nobody yet', 'it stays a proposal until it is signed');
  const day = new Date(signed.atMs).toISOString().slice(0, 10);
  const { changes } = signed;
  const since =
    changes.length === 0
      ? 'name and date go into the student’s card'
      : `${plural(changes.length, 'choice')} changed since and not agreed to: ${changes
          .slice(0, 4)
          .map(({ name, from, to }) => `${name} ${from} → ${to}`)
          .join(', ')}${changes.length > 4 ? ' ...' : ''}`;
  return figure('Agreed to by', signed.by, `on ${day}; ${since}`);
}

const plainKinds: readonly CapabilityKind[] = ['label', 'enum', 'tool', 'field', 'argument'];

/** `es (input language)`: what is no answer by itself says what it is. */
function nameOf({ kind, name }: ProposalRow): string {
  return plainKinds.includes(kind) || kind === name ? name : `${name} (${kind.replaceAll('-', ' ')})`;
}

/** The choices that send calls to the teacher, the dearest first. */
function costs(rows: readonly ProposalRow[]): Content {
  const dear = rows.filter((row) => row.costsShare > 0).sort((a, b) => b.costsShare - a.costsShare);
  return list(
    'What a choice costs: calls that go to the teacher for it alone',
    dear.map((row) => [nameOf(row), percent(row.costsShare), `${meaning[row.verdict][0]}; ${mistake(row)}`]),
  );
}

const grades = {
  trivial: 'costs next to nothing',
  low: 'is cheap',
  high: 'is costly',
  severe: 'is severe',
} as const;

function mistake({ cost }: ProposalRow): string {
  return `a mistake ${grades[cost.grade]}${cost.reason === '' ? '' : `: ${cost.reason}`}`;
}

/** What has to come before a choice can be settled; capabilities that wait for the same stand together. */
function needed(rows: readonly ProposalRow[]): Content {
  const groups = new Map<string, { names: string[]; traces: number; verdict: Verdict; text: string }>();
  for (const row of rows) {
    const { verdict, needed: data } = row;
    if (data === null) continue;
    const key = `${verdict} ${data.text}`;
    const group = groups.get(key) ?? { names: [], traces: data.traces, verdict, text: data.text };
    group.names.push(nameOf(row));
    groups.set(key, group);
  }
  const soonest = [...groups.values()].sort((a, b) => a.traces - b.traces);
  return list(
    'Data still needed',
    soonest.map(({ names, verdict, text }) => [
      named(names),
      meaning[verdict][0].toLowerCase(),
      names.length === 1 ? text : `each ${text}`,
    ]),
  );
}

function named(names: readonly string[]): string {
  const more = names.length - 4;
  return more > 1 ? `${names.slice(0, 4).join(', ')} and ${count(more)} more` : names.join(', ');
}

function list(
  title: string,
  items: readonly (readonly [name: string, value: string, note: string])[],
): Content {
  if (items.length === 0) return null;
  const more = items.length - SHOWN;
  return html`<section><h4>${title}</h4><ul>${items
    .slice(0, SHOWN)
    .map(
      ([name, value, note]) => html`<li><span>${name}</span><b>${value}</b><small>${note}</small></li>`,
    )}</ul>${more > 0 ? html`<p class="fine">and ${count(more)} more, in the table below</p>` : null}</section>`;
}

/** What the figures rest on, to be checked against. */
function basis({ local, training, saving: { prices, unknownModels } }: Proposal): string {
  const places = prices.map(
    ({ model, asOf, source }) =>
      `${model} ${asOf === null ? 'as you set it ' : `as of ${asOf} `}(${source.replace(/^https?:\/\//, '')})`,
  );
  const listed = places.length === 0 ? '' : ` List prices: ${[...new Set(places)].join(', ')}.`;
  const others = places.length === 0 ? '' : '; those calls are counted at the mean price of the others';
  const unknown =
    unknownModels.length === 0
      ? ''
      : ` No price is known for ${[...new Set(unknownModels)].join(', ')}${others}.`;
  return `The share answered here is ${local.basis}; the training time is ${training.basis}.${listed}${unknown}`;
}

function everyChoice(rows: readonly ProposalRow[]): Markup {
  const sorted = [...rows].sort(
    (a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict) || b.fired - a.fired,
  );
  return figuresTable(
    {
      head: ['Capability', 'Choice', 'Used', 'Of its chances', 'Costs', 'Why, and what is still needed'],
      rows: sorted.map((row) => [
        nameOf(row),
        row.verdict,
        count(row.fired),
        percent(row.share),
        row.costsShare === 0 ? '–' : percent(row.costsShare),
        row.needed === null ? row.reason : `${row.reason} Needs ${row.needed.text}.`,
      ]),
    },
    'Every choice',
  );
}
