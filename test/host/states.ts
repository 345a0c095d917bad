import { exactRate } from '../../src/base/binomial.ts';
import type { Catalogue } from '../../src/capabilities/capability.ts';
import { findings } from '../../src/capabilities/findings.ts';
import { propose } from '../../src/capabilities/proposal.ts';
import type { AppState, JobState, StudentState, TaskState } from '../../src/protocol.ts';
import type { Task } from '../../src/tasks/task.ts';

/** States of the app as the views have to show them. The figures are invented and hang together. */

type Capability = TaskState['capabilities'][number];
type Report = NonNullable<StudentState['report']>;

const nowMs = Date.UTC(2026, 10, 20, 12);
const dayMs = 86_400_000;

const empty: AppState = {
  gateway: { kind: 'stopped' },
  traces: { total: 0, today: 0, bytes: 0, shed: 0, unassigned: 0 },
  young: [],
  tasks: [],
  jobs: [],
  problems: [],
  terms: [],
};

const gateway: AppState['gateway'] = {
  kind: 'running',
  port: 41234,
  capturing: true,
  baseUrls: { openai: 'http://127.0.0.1:41234/0123456789abcdef0123456789abcdef/openai' },
};

const queues = [
  'balance',
  'report_fraud',
  'pay_bill',
  'transfer',
  'card_declined',
  'pin_change',
  'new_card',
  'credit_limit',
  'rewards_balance',
  'interest_rate',
  'report_lost_card',
  'spending_history',
  'order_checks',
  'freeze_account',
  'min_payment',
  'apr',
];

function capability(name: string, i: number, fired: number): Capability {
  const never = fired === 0;
  const verdict = never ? (i % 2 === 0 ? 'drop' : 'not yet') : fired < 20 ? 'route' : 'keep';
  return {
    id: `label:${name}`,
    kind: 'label',
    name,
    declared: true,
    sinceMs: nowMs - 20 * 86_400_000,
    opportunities: 3204,
    effective: 2871,
    fired,
    firstSeenMs: never ? null : nowMs - 19 * 86_400_000,
    lastSeenMs: never ? null : nowMs - 3_600_000,
    days: never ? 0 : 18,
    ...(never ? {} : { agreement: exactRate(Math.round(fired / 8) - (i % 3), Math.round(fired / 8)) }),
    rate: exactRate(fired, 3204),
    upper: never ? 0.0021 : exactRate(fired, 3204).upper,
    trend: [1, 2, 3, 2, 4],
    cost: { grade: 'low', dollars: 0.1, reason: 'a wrong queue is corrected by hand' },
    status: never ? 'dead' : 'fired',
    verdict,
    reason: never
      ? 'Never in 3,204 calls: at most 0.2 % of calls need it.'
      : `Fired ${fired} times on 18 days.`,
    callsNeeded: verdict === 'not yet' ? 900 : null,
  };
}

const report: Report = {
  n: 640,
  agreement: exactRate(607, 640),
  coverage: 0.862,
  disagreement: exactRate(6, 552),
  curve: { '0.01': 0.84, '0.02': 0.9, '0.05': 0.99 },
  riskCoverage: Array.from({ length: 40 }, (_, i) => {
    const coverage = (i + 1) / 40;
    return { coverage, risk: 0.004 + 0.047 * coverage ** 5, threshold: 1 - coverage * 0.6 };
  }),
  ece: 0.012,
  reliability: [],
  buckets: queues.map((name, i) => {
    const n = 64 - i * 3;
    const hits = n - [0, 1, 0, 2, 0, 5, 0, 0, 1, 0, 3, 0, 9, 0, 1, 0][i]!;
    return {
      bucket: `label:${name}`,
      n,
      agreement: exactRate(hits, n),
      served: i === 12 ? 0 : n - 4,
      disagreement: exactRate(1, n),
    };
  }),
  cached: 31,
  novelAgreement: exactRate(577, 609),
};

const certified: StudentState = {
  rung: 'wide+deep',
  parameters: 412_000,
  bytes: 1_720_000,
  device: 'cpu',
  trainSeconds: 47,
  trainedMs: nowMs - 7_200_000,
  signed: { by: 'Ada', atMs: nowMs - 8_000_000, waiting: 0 },
  outcome: {
    kind: 'certified',
    certificate: {
      epsilon: 0.02,
      delta: 0.05,
      threshold: 0.83,
      n: 498,
      errors: 4,
      coverage: 0.86,
      pValue: 0.031,
    },
    buckets: [],
    joint: null,
  },
  report,
};

const refused: StudentState = {
  ...certified,
  outcome: {
    kind: 'refused',
    reason:
      'Of 112 calibration calls 9 disagree; 2 % cannot be promised at any threshold. About 400 more calls may do.',
    joint: { epsilon: 0.02, threshold: 0.99, coverage: 0 },
  },
  report: {
    ...report,
    n: 140,
    agreement: exactRate(121, 140),
    coverage: 0,
    disagreement: exactRate(0, 0),
    cached: 0,
  },
};

const noLive: TaskState['live'] = {
  answeredLocally: exactRate(0, 0),
  byReason: {},
  audited: exactRate(0, 0),
  studentP50Ms: null,
  studentP99Ms: null,
  teacherP50Ms: null,
  teacherP99Ms: null,
  saved: 0,
};

const prompt = `system: You route messages of a bank's customers to the right queue.

Answer with exactly one queue name and nothing else. If none fits, answer out_of_scope.

Queues:
${queues.map((queue) => `- ${queue}`).join('\n')}

user: {message}`;

const capabilities = queues.map((name, i) => capability(name, i, Math.max(0, 420 - i * 33)));

const catalogue: Catalogue = {
  taskId: 'route-messages-of-a-bank',
  version: 2,
  calls: 3204,
  capabilities,
  novelty: { rate: exactRate(3, 1602), upper: 0.0048 },
  shapes: capabilities.flatMap(({ fired }, k) =>
    fired > 0 ? [{ needs: [k], calls: fired, examples: Math.round(fired * 0.9) }] : [],
  ),
  worth: {
    normal: 3180,
    effective: 2610,
    silent: 3,
    delta: 0.05,
    unaudited: 1045,
    audited: 24,
    auditWeight: 44,
  },
  callsPerDay: 160,
  analysedMs: nowMs,
};

const support: TaskState = {
  id: 'route-messages-of-a-bank',
  name: 'route bank messages',
  mode: 'on',
  stage: 'serving',
  summary: 'The student answered 86 % of the last 1,240 calls.',
  calls: 3204,
  callsPerDay: 160,
  versions: 2,
  history: [
    { version: 1, calls: 1804, firstMs: nowMs - 30 * dayMs, lastMs: nowMs - 12 * dayMs, change: null },
    {
      version: 2,
      calls: 1400,
      firstMs: nowMs - 12 * dayMs,
      lastMs: nowMs,
      change: {
        kind: 'major',
        summary: 'labels added: report_fraud; 2 lines of the prompt changed',
        diff: '@@ -6 +6 @@\n Queues:\n - balance\n+- report_fraud\n - pay_bill',
      },
    },
  ],
  sites: ['support'],
  providers: ['openai'],
  wires: ['openai'],
  models: ['gpt-4o-2024-08-06'],
  teachers: [
    { model: 'gpt-4o-2024-05-13', firstMs: nowMs - 30 * dayMs, lastMs: nowMs - 20 * dayMs, calls: 900 },
    { model: 'gpt-4o-2024-08-06', firstMs: nowMs - 20 * dayMs, lastMs: nowMs, calls: 2304 },
  ],
  output: {
    kind: 'labels',
    closed: true,
    values: queues.map((value, i) => ({ value, count: 400 - i * 24 })),
  },
  slots: [
    {
      name: 'message',
      type: 'main',
      kept: true,
      reason: 'varies with the answer',
      distinct: 3100,
      examples: [],
    },
  ],
  prompt,
  capabilities,
  novelty: exactRate(3, 1602),
  findings: findings(catalogue),
  proposal: propose({ id: 'route-messages-of-a-bank' } as Task, catalogue, {
    usage: [{ model: 'gpt-4o-2024-08-06', calls: 3204, inputTokens: 1_120_000, outputTokens: 9600 }],
  }),
  signed: {
    by: 'Ada',
    atMs: nowMs - 2 * dayMs,
    changes: [{ id: 'label:balance', name: 'balance', from: 'keep', to: 'drop' }],
  },
  student: certified,
  live: {
    answeredLocally: exactRate(1069, 1240),
    byReason: {
      served: 1069,
      'below-threshold': 131,
      'bucket-not-certified': 28,
      'request-not-understood': 9,
      late: 3,
    },
    audited: exactRate(0, 24),
    studentP50Ms: 2.4,
    studentP99Ms: 7.9,
    teacherP50Ms: 612,
    teacherP99Ms: 2140,
    saved: 3.18,
  },
  costPerMonth: 14,
};

const voice: TaskState = {
  ...support,
  id: 'understand-a-home-assistant',
  name: 'understand home assistant',
  mode: 'off',
  stage: 'ready',
  summary: 'Enough traffic to train a student. Train to see how much of it can be answered locally.',
  calls: 1420,
  callsPerDay: 71,
  versions: 1,
  providers: ['anthropic'],
  wires: ['anthropic'],
  models: ['claude-sonnet-4-5'],
  student: null,
  live: noLive,
};

const tutor: TaskState = {
  ...voice,
  id: 'maths-tutor',
  name: 'maths tutor',
  stage: 'refused',
  summary: 'Stay with the teacher: the answers are free text, which a student of this kind cannot write.',
  calls: 388,
  student: refused,
  output: { kind: 'text', reason: 'answers do not repeat' },
};

const triage: TaskState = {
  ...voice,
  id: 'triage-tickets',
  name: 'triage tickets',
  stage: 'collecting',
  summary: 'Collecting traffic: 112 calls so far, about 188 more before training makes sense.',
  calls: 112,
  callsPerDay: 14,
};

const spam: TaskState = {
  ...support,
  id: 'spam-or-not',
  name: 'spam or not',
  mode: 'shadow',
  stage: 'certified',
  summary: 'A student is ready: it can answer about 86 % of the calls.',
  calls: 2050,
  versions: 1,
  live: noLive,
};

const training: JobState = {
  id: 1,
  title: 'Training a student',
  taskId: voice.id,
  fraction: 0.58,
  message: 'Training network 2 of 2: pass 6 of 10',
  plan: '2 networks on cpu (38 ms a step; 95 ms on webgpu): 620 steps, about 310 MB of memory.',
  // Two networks: each counts its steps from the beginning.
  curve: [32, 20].flatMap((steps, network) =>
    Array.from({ length: steps }, (_, i) => ({
      series: `cnn ${network + 1}`,
      step: (i + 1) * 10,
      loss: 0.08 + (2.2 - network) * Math.exp(-i / 7) + 0.05 * Math.sin(i * 1.7),
      validation: i % 6 === 5 ? 0.18 + (2.1 - network) * Math.exp(-i / 7) : null,
      ...(network === 0 && i === steps - 1
        ? { ended: 'stopped after pass 8 of 10, as the pilot gained nothing by more' }
        : {}),
    })),
  ),
  cancellable: true,
};

const traces = { total: 7174, today: 412, bytes: 9_400_000, shed: 0, unassigned: 17 };

export const states = {
  welcome: empty,
  waiting: { ...empty, gateway },
  recorded: { ...empty, gateway, traces: { ...traces, total: 96, unassigned: 96 } },
  tasks: {
    ...empty,
    young: [
      {
        opening: 'You write one-line summaries of support calls for the weekly digest.',
        calls: 5,
        needed: 8,
        firstMs: nowMs - 3 * dayMs,
        lastMs: nowMs - dayMs,
      },
    ],
    gateway,
    traces,
    tasks: [support, spam, voice, tutor, triage],
  },
  training: {
    ...empty,
    gateway,
    traces,
    tasks: [support, { ...voice, stage: 'training' }],
    jobs: [training],
  },
  troubled: {
    ...empty,
    gateway: { kind: 'failed', message: 'Port 41234 is taken by another program.' },
    traces,
    tasks: [
      {
        ...support,
        mode: 'off',
        stage: 'rolled-back',
        summary:
          'Audits found 5 disagreements in 60 calls, more than promised. The teacher answers every call again. Train again on the newer traffic.',
      },
    ],
    problems: [
      {
        id: 'gateway',
        severity: 'error',
        message: 'The gateway did not start: port 41234 is taken.',
        next: 'Free the port or set understudy.port to 0, then start recording again.',
      },
      {
        id: 'terms',
        severity: 'warning',
        message: "Nobody decided yet whether openai's terms allow training on its answers.",
        next: 'Read its terms and decide.',
      },
    ],
  },
} satisfies Record<string, AppState>;

export const tasks = { support, voice, tutor, triage, spam };
