import './report.css';

/**
 * Comfort on top of a page that is complete without it: tooltips that appear at once and follow the pointer, and a
 * filter above long tables.
 */
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
tip.setAttribute('role', 'presentation');
document.body.append(tip);

// The browser's own tooltip comes late and would stand beside ours; the words move to a data attribute.
for (const title of document.querySelectorAll('svg title')) {
  const group = title.parentElement;
  if (group === null) continue;
  group.dataset['tip'] = title.textContent ?? '';
  title.remove();
}

document.addEventListener('pointermove', (event) => {
  const target = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
  const text = target?.getAttribute('data-tip') ?? '';
  tip.hidden = text === '';
  if (text === '') return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, window.innerWidth - width - 8);
  const above = event.clientY - height - 12;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above < 8 ? event.clientY + 18 : above}px`;
});

for (const table of document.querySelectorAll<HTMLTableElement>('.data table')) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
  if (rows.length < 15) continue;
  const field = document.createElement('input');
  field.type = 'search';
  field.className = 'filter';
  field.placeholder = `Filter ${rows.length} rows`;
  field.setAttribute('aria-label', field.placeholder);
  field.addEventListener('input', () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !(row.textContent ?? '').toLowerCase().includes(wanted);
  });
  table.parentElement?.before(field);
}
