import type { Judged } from './judge.ts';
import { auroc, coverageAt, share } from './scores.ts';

/** Shares (0 to 1) by name; NaN where there is nothing to count. */
export type Figures = Readonly<Record<string, number>>;

/** Arguments of tool calls are many; these are the ones that the goals speak of. */
const namedArguments = ['arg.template', 'arg.params'];

/** What could be served, surest first, by one who knows which answers differ: no valid certificate gives more for long. */
export const withHindsight = 'oracle coverage at epsilon';

/** Everything that the goals speak of, on the test calls of one run. `epsilon`: the share promised. */
export function figuresOf(rows: readonly Judged[], epsilon: number): Figures {
  const agrees = (row: Judged): boolean => row.agree;
  const served = rows.filter((row) => row.served);
  const inside = rows.filter((row) => !row.asked.outside);
  const outside = rows.filter((row) => row.asked.outside);
  const fresh = rows.filter((row) => row.asked.fresh);
  const silent = (row: Judged): boolean => row.served && !row.agree;
  const wrong = share(served, (row) => !row.agree);
  return {
    accuracy: share(rows, agrees),
    [withHindsight]: coverageAt(rows, epsilon),
    'oracle coverage at 3 %': coverageAt(rows, 0.03),
    ...(outside.length === 0
      ? {}
      : {
          'in-scope accuracy': share(inside, agrees),
          'in-scope oracle coverage at 2 %': coverageAt(inside, 0.02),
          'AUROC of confidence': auroc(inside.map(inScope), outside.map(inScope)),
          "AUROC of the answers' own confidence": auroc(
            inside.map((row) => row.confidence),
            outside.map((row) => row.confidence),
          ),
          'out of scope answered silently': share(outside, silent),
        }),
    ...(fresh.length === 0 ? {} : { 'new labels answered silently': share(fresh, silent) }),
    'certified coverage': share(rows, (row) => row.served),
    'disagreement among the served': wrong,
    'promise kept': served.length === 0 || wrong <= epsilon ? 1 : 0,
    'left to the teacher on purpose': share(rows, (row) => row.withheld),
    ...fieldFigures(rows),
  };
}

/**
 * How sure the answer makes it that the call is in scope: an answer that it is not speaks against it, the surer the more.
 * So the published figures have it; an answer's own confidence ranks a sure "out of scope" with the surest calls in scope.
 */
function inScope({ confidence, saidOutside }: Judged): number {
  return saidOutside ? -confidence : confidence;
}

function fieldFigures(rows: readonly Judged[]): Record<string, number> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.fields)))];
  const shown = names.filter((name) => !name.startsWith('arg.')).slice(0, 6);
  const figures = Object.fromEntries(
    shown.map((name) => [
      `field ${name}`,
      share(
        rows.filter((row) => name in row.fields),
        (row) => row.fields[name] === true,
      ),
    ]),
  );
  const events = rows.filter((row) => namedArguments.every((name) => name in row.fields) && !row.asked.fresh);
  if (events.length === 0) return figures;
  const exact = share(events, (row) => namedArguments.every((name) => row.fields[name] === true));
  return { ...figures, 'template and params exact': exact };
}
