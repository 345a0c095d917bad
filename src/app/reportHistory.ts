import { count, plural } from '../../webview/charts/words.ts';
import type { TaskState } from '../protocol.ts';
import { type Content, html, type Markup } from './html.ts';

/** What the counts mean, in words with their figures. */
export function findingsOf({ findings }: TaskState): Content {
  if (findings.length === 0) return null;
  return html`<section class="findings" aria-label="What the traffic says"><h3>What the traffic says</h3><dl>${findings.map(
    ({ title, text }) => html`<div><dt>${title}</dt><dd>${text}</dd></div>`,
  )}</dl></section>`;
}

/** The prompt, its blanks with the evidence for showing or leaving out each, and how both came to be. */
export function promptOf({ prompt, slots, history, teachers }: TaskState): Content {
  if (prompt === '') return null;
  return html`<details class="data"><summary>The prompt and its blanks</summary><pre>${prompt}</pre>
<ul>${slots.map((slot) => html`<li><code>${slot.name}</code> (${slot.type}, ${count(slot.distinct)} different) ${slot.kept ? 'shown to the student' : 'left out'}: ${slot.reason}</li>`)}</ul></details>
${edits(history)}${teachers.length < 2 ? null : teacherTable(teachers)}`;
}

function edits(history: TaskState['history']): Content {
  const changed = [...history].reverse().filter((version) => version.change !== null);
  if (changed.length === 0) return null;
  return html`<details class="data"><summary>${plural(changed.length, 'edit')} of the prompt</summary>${changed.map(
    ({ version, firstMs, calls, change }) =>
      html`<p>Version ${version}, ${change?.kind ?? 'minor'}, since ${day(firstMs)}, ${plural(calls, 'call')}: ${change?.summary ?? ''}.</p>${change?.diff ? html`<pre>${change.diff}</pre>` : null}`,
  )}</details>`;
}

function teacherTable(teachers: TaskState['teachers']): Markup {
  return html`<details class="data"><summary>${plural(teachers.length, 'teacher')} over time</summary><ul>${teachers.map(
    ({ model, firstMs, lastMs, calls }) =>
      html`<li><code>${model}</code> from ${day(firstMs)} to ${day(lastMs)}, ${plural(calls, 'call')}</li>`,
  )}</ul></details>`;
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
