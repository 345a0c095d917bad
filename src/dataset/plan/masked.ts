import { isArray, type JsonObject } from '../../base/json.ts';
import type { PlanNode } from '../plan.ts';
import { alignMasked } from '../spans.ts';
import type { Sample } from './place.ts';

const placeholder = /<[*A-Z_]+>|\{\}|%s|\[[A-Z_]+\]|\*{2,}/;

/**
 * Finds a pair of fields of which one is a piece of the input with its variable parts replaced by a placeholder and the
 * other lists the replaced texts. Both nodes, by key; empty where there is no such pair.
 */
export function inferMasked(
  objects: readonly { readonly value: JsonObject; readonly input: Sample['input'] }[],
  keys: readonly string[],
  scope: string,
): Map<string, PlanNode> {
  const found = new Map<string, PlanNode>();
  const lists = keys.filter((key) => objects.some((o) => isArray(o.value[key])));
  const step = Math.max(1, Math.floor(objects.length / 400));
  const some = objects.filter((_, i) => i % step === 0);
  for (const key of keys) {
    const mark = mostCommonMark(
      some.flatMap((o) => (typeof o.value[key] === 'string' ? [String(o.value[key])] : [])),
    );
    if (mark === null) continue;
    for (const list of lists) {
      const params = name(scope, list);
      const node: PlanNode & { kind: 'masked-span' } = {
        kind: 'masked-span',
        slot: { name: name(scope, key), normalisers: [], type: 'string' },
        params,
        placeholder: mark,
      };
      const hits = some.filter(
        (o) => alignMasked(node, o.value[key] ?? null, o.value[list] ?? [], o.input, {}) === null,
      );
      if (hits.length < 0.8 * some.length) continue;
      found.set(key, node);
      found.set(list, { kind: 'span-list', slot: { name: params, normalisers: [], type: 'string' } });
      return found;
    }
  }
  return found;
}

function name(scope: string, key: string): string {
  return scope === '' ? key : `${scope}.${key}`;
}

/** The placeholder that stands in at least a tenth of the texts. */
function mostCommonMark(texts: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const mark = placeholder.exec(text)?.[0];
    if (mark !== undefined) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  const best = [...counts].sort((a, b) => b[1] - a[1])[0];
  return best !== undefined && best[1] >= 0.1 * texts.length ? best[0] : null;
}
