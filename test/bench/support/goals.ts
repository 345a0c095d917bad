/** What is to be reached on the public sets, with the classical figures that it is measured against. */
export interface Goal {
  readonly set: string;
  readonly figure: string;
  /** A share, 0 to 1. */
  readonly reach: number;
  readonly direction: 'at least' | 'at most';
  /** Best classical figure published for the set (linear n-grams or a random field); null where there is none. */
  readonly classical: number | null;
}

const least = (set: string, figure: string, reach: number, classical: number | null = null): Goal => ({
  set,
  figure,
  reach,
  direction: 'at least',
  classical,
});
const most = (set: string, figure: string, reach: number, classical: number | null = null): Goal => ({
  set,
  figure,
  reach,
  direction: 'at most',
  classical,
});

export const goals: readonly Goal[] = [
  least('clinc150', 'in-scope accuracy', 0.94, 0.928),
  least('clinc150', 'in-scope oracle coverage at 2 %', 0.9, 0.84),
  least('clinc150', 'oracle coverage at 3 %', 0.78, 0.68),
  least('clinc150', 'AUROC of confidence', 0.965, 0.953),
  most('clinc150', 'out of scope answered silently', 0.03),
  least('snips', 'accuracy', 0.9, 0.829),
  least('clinc150_zipf', 'accuracy', 0.87, 0.848),
  most('clinc150_zipf', 'new labels answered silently', 0.03),
  least('trec', 'field coarse', 0.93, 0.894),
  least('trec', 'field fine', 0.87, 0.83),
  least('sms_spam', 'accuracy', 0.993, 0.992),
  least('loghub', 'template and params exact', 0.97),
  most('gsm8k', 'certified coverage', 0),
  least('bfcl_simple_multiple', 'promise kept', 1),
];

/** Certified coverage above the linear peer's on each set with closed or structured answers. */
export const leastAbovePeer = 0.05;
/** Accuracy below the linear peer's with the first thousand learned lines. */
export const mostBelowPeer = 0.01;
