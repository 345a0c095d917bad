import type { CapabilityKind, CostGrade, CostOfError } from './capability.ts';
import { dearStem, dearWords } from './costWords.ts';

/** US dollars that one wrong answer costs, by grade, where the user has not said otherwise. */
export const gradeDollars: Readonly<Record<CostGrade, number>> = {
  trivial: 0.01,
  low: 0.05,
  high: 5,
  severe: 50,
};

/** A cost in dollars set by the user; its grade is the dearest one that costs no more. */
export function costOf(dollars: number): CostOfError {
  const grade = dearestFirst.find((each) => dollars >= gradeDollars[each]) ?? 'trivial';
  return { grade, dollars, reason: 'set by you' };
}

const dearestFirst = ['severe', 'high', 'low'] as const;

/** What a wrong answer would cost, guessed from what the capability is called and how the prompt describes it. */
export function inferCost(kind: CapabilityKind, name: string, description: string): CostOfError {
  const own = kind === 'argument' || kind === 'field' || kind === 'enum' ? ownName(name) : name;
  for (const rule of rules) {
    const word = rule.match(kind, own, description);
    if (word !== null)
      return { grade: rule.grade, dollars: gradeDollars[rule.grade], reason: rule.reason(word) };
  }
  const trivial =
    kind === 'parameter' || kind === 'input-length' || kind === 'format' || kind === 'array-length';
  const grade = trivial ? 'trivial' : 'low';
  return { grade, dollars: gradeDollars[grade], reason: 'nothing in its name speaks of harm' };
}

interface Rule {
  readonly grade: CostGrade;
  readonly match: (kind: CapabilityKind, name: string, description: string) => string | null;
  readonly reason: (word: string) => string;
}

/** Verbs of tools whose effect cannot be taken back. */
const destructive =
  /^(delete|remove|drop|destroy|erase|wipe|purge|refund|charge|pay|transfer|wire|send|post|publish|email|notify|message|merge|deploy|release|terminate|revoke|ban|suspend|block|disable|shutdown|reset|unlock|grant|approve|sign|execute|withdraw|overwrite|kill|dispatch|prescribe)$/;
/** Verbs of tools that commit somebody to something. */
const committing = /^(buy|purchase|order|book|reserve|cancel|subscribe|unsubscribe|submit|checkout)$/;
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
    match: (kind, name) => (kind === 'tool' ? verb(destructive, name) : null),
    reason: (word) => `a tool that acts on the world ("${word}")`,
  },
  {
    grade: 'severe',
    match: (kind, name) => (kind === 'refusal' ? name : find(safety, flagged(name), dearWords.safety)),
    reason: (word) => `safety ("${word}")`,
  },
  {
    grade: 'severe',
    match: (_, name) => find(medical, flagged(name), dearWords.medical),
    reason: (word) => `a medical word ("${word}")`,
  },
  {
    grade: 'severe',
    match: (_, name) => find(legal, flagged(name), dearWords.legal),
    reason: (word) => `a legal word ("${word}")`,
  },
  {
    grade: 'high',
    match: (kind, name) => (kind === 'tool' ? verb(committing, name) : null),
    reason: (word) => `a tool that commits somebody ("${word}")`,
  },
  {
    grade: 'high',
    match: (_, name) => find(money, flagged(name), dearWords.money),
    reason: (word) => `money ("${word}")`,
  },
];

/** `review_text` of `RateBook.review_text`: what the tool does is the tool's affair. */
export function ownName(name: string): string {
  const end = name.indexOf(' = ');
  const path = end < 0 ? name : name.slice(0, end);
  return name.slice(path.lastIndexOf('.') + 1);
}

/** Of `field = value`, what decides: the value; the field's name only where the value says yes. */
function flagged(name: string): string {
  const at = name.indexOf(' = ');
  if (at < 0) return name;
  const value = name.slice(at + 3);
  if (/^(false|no|none|null|0)$/i.test(value)) return '';
  return /^(true|yes|1)$/i.test(value) ? name.slice(0, at) : value;
}

/** A verb counts where a tool's name begins with it (`deleteUser`, `user.delete`), not inside (`get_order`). */
function verb(pattern: RegExp, name: string): string | null {
  for (const part of name.split(/[.:/]|__/)) {
    const first = words(part)[0] ?? '';
    if (pattern.test(first)) return first;
  }
  return null;
}

/** The first word of a name like `reportFraud`, `report_fraud` or `Report fraud` that a pattern or a stem knows. */
function find(pattern: RegExp, name: string, stems: readonly string[]): string | null {
  const own = words(name);
  return own.find((word) => pattern.test(word)) ?? dearStem(stems, own);
}

function words(name: string): string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}
