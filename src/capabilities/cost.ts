import type { CapabilityKind, CostGrade, CostOfError } from './capability.ts';

/** US dollars that one wrong answer costs, by grade, where the user has not said otherwise. */
export const gradeDollars: Readonly<Record<CostGrade, number>> = {
  trivial: 0.01,
  low: 0.05,
  high: 5,
  severe: 50,
};

/** A cost set by the user, as a plain grade or in dollars. */
export function costOf(grade: CostGrade, dollars = gradeDollars[grade]): CostOfError {
  return { grade, dollars, reason: 'set by you' };
}

/** What a wrong answer would cost, guessed from what the capability is called and how the prompt describes it. */
export function inferCost(kind: CapabilityKind, name: string, description: string): CostOfError {
  for (const rule of rules) {
    const word = rule.match(kind, name, description);
    if (word !== null)
      return { grade: rule.grade, dollars: gradeDollars[rule.grade], reason: rule.reason(word) };
  }
  const trivial =
    kind === 'parameter' || kind === 'input-length' || kind === 'format' || kind === 'array-length';
  const grade = trivial ? 'trivial' : 'low';
  return { grade, dollars: gradeDollars[grade], reason: `no word in "${name}" speaks of harm` };
}

interface Rule {
  readonly grade: CostGrade;
  readonly match: (kind: CapabilityKind, name: string, description: string) => string | null;
  readonly reason: (word: string) => string;
}

const destructive =
  /^(delete|remove|drop|destroy|erase|wipe|purge|refund|charge|pay|transfer|wire|send|post|publish|email|notify|merge|deploy|release|cancel|terminate|revoke|ban|suspend|block|disable|shutdown|reset|unlock|grant|approve|sign|buy|purchase|order|book|execute|run)$/;
const safety =
  /^(suicide|selfharm|harm|abuse|violence|weapon|emergency|threat|danger|crime|refusal|unsafe|escalate|escalation|csam|terror|fire|police|ambulance)$/;
const medical =
  /^(medical|medicine|medication|dose|dosage|diagnosis|symptom|allergy|allergies|drug|patient|prescription|vaccine|vaccines|vaccination|pregnancy|overdose)$/;
const legal =
  /^(legal|lawsuit|contract|court|gdpr|compliance|liability|warrant|subpoena|attorney|lawyer|consent)$/;
const money =
  /^(payment|pay|bill|billing|invoice|refund|balance|transfer|transaction|transactions|credit|debit|loan|mortgage|tax|taxes|bank|card|fraud|price|fee|fees|salary|payroll|payday|income|rate|deposit|account|insurance|chargeback|money)$/;

const rules: readonly Rule[] = [
  {
    grade: 'severe',
    match: (kind, name) => (kind === 'tool' ? find(destructive, name) : null),
    reason: (word) => `a tool that acts on the world ("${word}")`,
  },
  {
    grade: 'severe',
    match: (kind, name) => (kind === 'refusal' ? name : find(safety, name)),
    reason: (word) => `safety ("${word}")`,
  },
  {
    grade: 'severe',
    match: (_, name) => find(medical, name),
    reason: (word) => `a medical word ("${word}")`,
  },
  { grade: 'severe', match: (_, name) => find(legal, name), reason: (word) => `a legal word ("${word}")` },
  { grade: 'high', match: (_, name) => find(money, name), reason: (word) => `money ("${word}")` },
];

/** The first word of a name like `reportFraud`, `report_fraud` or `Report fraud` that a pattern knows. */
function find(pattern: RegExp, name: string): string | null {
  for (const word of name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u))
    if (pattern.test(word)) return word;
  return null;
}
