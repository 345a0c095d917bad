import { type Content, html, type Markup, raw } from './html.ts';

/** The figures behind a picture: the first column names the row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A picture with its finding as title, how to read it, and its figures in a table. */
export function card(
  title: string,
  note: string,
  chart: string,
  options: { wide?: boolean; table?: Table; below?: Content } = {},
): Markup {
  return html`<figure class="${options.wide ? 'card wide' : 'card'}">
<figcaption><h3>${title}</h3><p>${note}</p></figcaption>
<div class="scroll">${raw(chart)}</div>
${options.below ?? null}
${options.table === undefined ? null : figuresTable(options.table)}
</figure>`;
}

/** One figure of a `<dl class="figures">`: what it is, its value, what it rests on. */
export function figure(name: string, value: string, note: string): Markup {
  return html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="note">${note}</dd></div>`;
}

export function figuresTable({ head, rows }: Table, summary = 'Figures'): Markup {
  return html`<details class="data"><summary>${summary}</summary><div class="scroll"><table>
<thead><tr>${head.map((cell, i) => html`<th scope="col"${i > 0 ? raw(' class="number"') : null}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="number">${cell}</td>`))}</tr>`)}</tbody>
</table></div></details>`;
}
