import type { ReportOptions } from '../../src/app/reportModel.ts';
import { exactRate, upperBound } from '../../src/base/binomial.ts';
import { createRandom } from '../../src/base/random.ts';
import type { Capability, Catalogue } from '../../src/capabilities/capability.ts';
import { findings } from '../../src/capabilities/findings.ts';
import { type Proposal, propose } from '../../src/capabilities/proposal.ts';
import { withAgreement } from '../../src/capabilities/weakness.ts';
import { certify } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { evaluate } from '../../src/evaluation/report.ts';
import type { AppState, TaskState } from '../../src/protocol.ts';
import type { Task } from '../../src/tasks/task.ts';

/** A workspace as the report meets it: one task that is served, one that stays with the teacher, one too young. */

const startMs = Date.parse('2026-10-26T08:00:00Z');
const verbs = ['show', 'change', 'cancel', 'book', 'report', 'find', 'explain', 'pay', 'order', 'track'];
const things = [
  'balance',
  'card',
  'flight',
  'alarm',
  'recipe',
  'bill',
  'trip',
  'meeting',
  'order',
  'limit',
  'visa',
  'taxi',
  'insurance',
];
export const labels = verbs.flatMap((verb) => things.map((thing) => `${verb}_${thing}`)).slice(0, 124);

function capabilities(calls: number): Capability[] {
  const random = createRandom('capabilities');
  return labels.map((name, i) => {
    const rate = i < 112 ? 0.05 / (1 + i * 0.35) : 0;
    const fired = i < 112 ? Math.max(1, Math.round(calls * rate * (0.7 + 0.6 * random.next()))) : 0;
    const verdict = i < 96 ? 'keep' : i < 108 ? 'route' : i < 117 ? 'not yet' : 'drop';
    return {
      id: `label:${name}`,
      kind: 'label',
      name,
      declared: true,
      sinceMs: startMs,
      opportunities: calls,
      effective: calls,
      fired,
      firstSeenMs: fired > 0 ? startMs : null,
      lastSeenMs: fired > 0 ? startMs + 1e9 : null,
      days: fired > 0 ? 12 : 0,
      rate: exactRate(fired, calls),
      upper: upperBound(fired, calls, 0.05 / labels.length),
      trend: [1, 2, 3],
      cost: { grade: 'low', dollars: 0.05, reason: 'a wrong label is seen at once' },
      status: fired > 0 ? 'fired' : verdict === 'drop' ? 'dead' : 'not yet',
      verdict,
      reason:
        verdict === 'keep'
          ? `Fired ${fired} times in ${calls} calls.`
          : verdict === 'drop'
            ? `Never fired in ${calls} calls over 14 days; at most 0.1 % may still come.`
            : 'Too few hits to certify; the teacher keeps it.',
      callsNeeded: verdict === 'not yet' ? 4200 : null,
    };
  });
}

/** Each call needs one label. */
function catalogueOf(calls: number): Catalogue {
  const all = capabilities(calls);
  return {
    taskId: 'assistant-intent',
    version: 1,
    calls,
    capabilities: all,
    novelty: { rate: exactRate(9, 7600), upper: 0.002 },
    shapes: all.flatMap(({ fired }, k) => (fired > 0 ? [{ needs: [k], calls: fired, examples: fired }] : [])),
    callsPerDay: 1092,
    analysedMs: startMs,
  };
}

export function proposalOf(calls: number): Proposal {
  const usage = [
    { model: 'gpt-4o', calls: 900, inputTokens: 1_100_000, outputTokens: 9000 },
    { model: 'teacher-small', calls: 60, inputTokens: 60_000, outputTokens: 600 },
  ];
  return propose({ id: 'assistant-intent' } as Task, catalogueOf(calls), { usage });
}

function scored(n: number, seed: string): Scored[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const confidence = 1 - 0.75 * random.next() ** 4 - 0.02 * random.next();
    return {
      callId: `${seed}${i}`,
      atMs: startMs + i,
      confidence,
      agree: random.next() < confidence + 0.006,
      answered: random.next() > 0.03,
      bucket: `label:${labels[Math.floor(112 * random.next() ** 2.2)]!}`,
      cached: random.next() < 0.06,
    };
  });
}

function served(): TaskState {
  const outcome = certify(scored(3000, 'validation'), scored(3000, 'calibration'), {
    epsilon: 0.02,
    delta: 0.05,
  });
  const report = evaluate(scored(4000, 'test'), outcome);
  return {
    ...collecting(),
    id: 'assistant-intent',
    name: 'assistant intent',
    mode: 'on',
    stage: 'serving',
    summary: 'The student answers wherever it is sure; the teacher keeps the rest.',
    calls: 15_284,
    callsPerDay: 1092,
    sites: ['src/assistant/intent.ts:41'],
    capabilities: withAgreement(catalogueOf(15_284), report).capabilities,
    novelty: exactRate(9, 7600),
    findings: findings(catalogueOf(15_284)),
    proposal: proposalOf(15_284),
    signed: { by: 'Ada', atMs: startMs + 12e8, changes: [] },
    student: {
      rung: 'wide+deep',
      parameters: 2_410_000,
      bytes: 11_800_000,
      device: 'cpu',
      trainSeconds: 94,
      trainedMs: startMs + 13e8,
      signed: { by: 'Ada', atMs: startMs + 12e8, waiting: 0 },
      outcome,
      report,
      selfAgreement: {
        pairs: exactRate(400, 412),
        ceiling: Math.sqrt(400 / 412),
        conflicts: { inputs: 12, calls: [] },
      },
    },
    live: {
      answeredLocally: exactRate(2931, 4018),
      byReason: {
        served: 2931,
        'below-threshold': 812,
        'bucket-not-certified': 171,
        'no-answer': 46,
        'request-not-understood': 31,
        'canary-teacher': 18,
        late: 9,
      },
      audited: exactRate(3, 212),
      studentP50Ms: 1.8,
      studentP99Ms: 6.4,
      teacherP50Ms: 743,
      teacherP99Ms: 2950,
      saved: 18.42,
    },
    costPerMonth: 412.6,
  };
}

const history: TaskState['history'] = [
  { version: 1, calls: 90, firstMs: startMs, lastMs: startMs + 6e8, change: null },
  {
    version: 2,
    calls: 50,
    firstMs: startMs + 6e8,
    lastMs: startMs + 12e8,
    change: {
      kind: 'major',
      summary: 'the teacher changed from teacher-small to teacher-large; 2 lines of the prompt changed',
      diff: '@@ -1 +1 @@\n-Reply with one intent.\n+Reply with one intent & nothing else.',
    },
  },
];

function collecting(): TaskState {
  return {
    id: 'ticket-summary',
    name: 'ticket summary',
    mode: 'off',
    stage: 'collecting',
    summary: 'Collecting traffic: 140 calls so far, about 160 more before training makes sense.',
    calls: 140,
    callsPerDay: 31,
    versions: 2,
    history,
    sites: ['src/assistant/summary.py:18'],
    providers: ['openai'],
    wires: ['openai'],
    models: ['teacher-small', 'teacher-large'],
    teachers: [
      { model: 'teacher-small', firstMs: startMs, lastMs: startMs + 6e8, calls: 90 },
      { model: 'teacher-large', firstMs: startMs + 6e8, lastMs: startMs + 12e8, calls: 50 },
    ],
    output: { kind: 'labels', values: labels.map((value) => ({ value, count: 10 })), closed: true },
    slots: [
      {
        name: 'user',
        type: 'main',
        kept: true,
        reason: 'differs in 99 % of the calls',
        distinct: 90,
        examples: ['hello'],
      },
      {
        name: 'date',
        type: 'date',
        kept: false,
        reason: 'carries no information about the answer',
        distinct: 14,
        examples: [],
      },
    ],
    prompt:
      'system: You route requests. Reply with one intent & nothing else. Today is {date}.\n\nuser: {user}',
    capabilities: [],
    novelty: null,
    findings: [],
    proposal: null,
    signed: null,
    student: null,
    live: {
      answeredLocally: exactRate(0, 0),
      byReason: {},
      audited: exactRate(0, 0),
      studentP50Ms: null,
      studentP99Ms: null,
      teacherP50Ms: 1210,
      teacherP99Ms: 3400,
      saved: 0,
    },
    costPerMonth: null,
  };
}

function refused(): TaskState {
  const noisy = (seed: string): Scored[] =>
    scored(600, seed).map((row, i) => ({ ...row, agree: row.agree && i % 6 !== 0 }));
  const outcome = certify(noisy('a'), noisy('b'), { epsilon: 0.02, delta: 0.05 });
  return {
    ...collecting(),
    id: 'mood',
    name: 'mood of a review',
    stage: 'refused',
    summary: `Stay with the teacher: ${outcome.kind === 'refused' ? outcome.reason : ''}`,
    calls: 3020,
    callsPerDay: 215,
    capabilities: ['positive', 'negative', 'mixed', 'off topic'].map((name, i) => ({
      ...capabilities(3020)[i * 30]!,
      id: `label:${name}`,
      name,
    })),
    student: { ...served().student!, rung: 'wide', outcome, report: evaluate(noisy('c'), outcome) },
    costPerMonth: 38,
  };
}

export function workspace(): AppState {
  const tasks = [collecting(), served(), refused()];
  return {
    gateway: { kind: 'stopped' },
    young: [],
    traces: { total: 18_610, today: 900, bytes: 31_000_000, shed: 0, unassigned: 166 },
    tasks,
    jobs: [
      {
        id: 1,
        title: 'Training',
        taskId: 'assistant-intent',
        fraction: 1,
        message: 'done',
        plan: null,
        curve: Array.from({ length: 60 }, (_, i) => ({
          series: 'cnn 1',
          step: i * 25,
          loss: 4.8 * Math.exp(-i / 13) + 0.12 + 0.06 * Math.sin(i * 2.3),
          validation: i % 3 === 0 ? 4.9 * Math.exp(-i / 11) + 0.31 : null,
        })),
        cancellable: false,
      },
    ],
    problems: [],
    terms: [],
  };
}

export const options: ReportOptions = {
  taskId: null,
  nowMs: Date.parse('2026-11-09T17:20:00Z'),
  live: { sinceMs: Date.parse('2026-11-05T09:00:00Z'), local: exactRate(2931, 5120) },
  days: Array.from({ length: 15 }, (_, i) => {
    const calls = Math.round(1092 * (0.75 + 0.4 * Math.sin(i * 0.9)) * (i % 7 > 4 ? 0.55 : 1));
    return {
      day: new Date(startMs + i * 86_400_000).toISOString().slice(0, 10),
      taskId: 'assistant-intent',
      calls,
      answeredLocally: i > 10 ? Math.round(calls * 0.73) : i === 10 ? Math.round(calls * 0.3) : 0,
    };
  }),
};
