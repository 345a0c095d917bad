import { h, type Tree } from '../dom.ts';

/** A chart of `charts/`: SVG text, in which every piece of text from outside was escaped where it was written. */
export function drawing(svg: string): Tree {
  return h('div', { class: 'drawing', props: { innerHTML: svg } });
}
