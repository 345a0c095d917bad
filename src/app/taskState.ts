import { exactRate } from '../base/binomial.ts';
import type { Capability, Catalogue, Verdict } from '../capabilities/capability.ts';
import { findings } from '../capabilities/findings.ts';
import { meanPrice, type OwnPrices, type TokenUse } from '../capabilities/prices.ts';
import { type ProposalContext, propose } from '../capabilities/proposal.ts';
import { type Signature, unsignedChanges } from '../capabilities/set.ts';
import { withAgreement } from '../capabilities/weakness.ts';
import type { JobState, LiveState, StudentState, TaskState } from '../protocol.ts';
import type { RoutingPolicy } from '../routing/policy.ts';
import { bundleFormat } from '../student/format.ts';
import type { ModelCard } from '../student/student.ts';
import type { Task } from '../tasks/task.ts';

/** What one task looks like to a person; pure. */
export interface TaskParts {
  readonly task: Task;
  readonly catalogue: Catalogue | null;
  readonly policy: RoutingPolicy | null;
  readonly card: ModelCard | null;
  readonly live: LiveState;
  readonly rolledBack: string | null;
  readonly job: JobState | null;
  readonly usage: readonly TokenUse[];
  readonly ownPrices: OwnPrices;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly signed: Signature | null;
  /** When dropped capabilities were used again, by id. */
  readonly reopened: Readonly<Record<string, number>>;
}

/** Below this many calls nothing can be certified (ALGORITHMS: 59 error-free served items at 5 %). */
const CALLS_TO_START = 300;
const DAY_MS = 86_400_000;

export function taskState(parts: TaskParts): TaskState {
  const { task, catalogue, policy, card } = parts;
  const stage = stageOf(parts);
  const version = task.versions.at(-1);
  const report = card?.report ?? null;
  const mapped = catalogue === null || report === null ? catalogue : withAgreement(catalogue, report);
  const proposed = catalogue === null ? null : propose(task, catalogue, proposalContext(parts));
  return {
    id: task.id,
    name: task.name,
    mode: policy?.mode ?? 'off',
    stage,
    summary: summaryOf(stage, parts),
    calls: task.calls,
    callsPerDay: dailyRate(parts),
    versions: task.versions.length,
    history: task.versions.map(({ version: n, calls, firstMs, lastMs, change }) => ({
      version: n,
      calls,
      firstMs,
      lastMs,
      change,
    })),
    sites: task.sites,
    providers: task.providers,
    wires: task.wires ?? [],
    models: task.models.map((m) => m.model),
    teachers: task.models,
    output: task.output,
    slots: task.slots,
    prompt: version === undefined ? '' : promptText(version.template.messages),
    capabilities: (mapped?.capabilities ?? []).map((c) => toldReopened(c, parts.reopened[c.id])),
    novelty: catalogue?.novelty.rate ?? null,
    findings: catalogue === null ? [] : findings(catalogue),
    proposal: proposed,
    signed: signedState(parts),
    student: card === null ? null : studentState(card),
    live: parts.live,
    costPerMonth: proposed?.saving.teacherPerMonth ?? costPerMonth(parts),
  };
}

function proposalContext({ card, usage, ownPrices, verdicts }: TaskParts): ProposalContext {
  const rows = card === null ? 0 : card.examples.train + card.examples.validation;
  return {
    usage,
    ownPrices,
    edits: verdicts,
    ...(card?.outcome.kind === 'certified' ? { measuredCoverage: card.outcome.certificate.coverage } : {}),
    ...(card === null || rows === 0 ? {} : { measuredTraining: { seconds: card.trainSeconds, rows } }),
  };
}

export const noLive: LiveState = {
  answeredLocally: exactRate(0, 0),
  byReason: {},
  audited: exactRate(0, 0),
  studentP50Ms: null,
  studentP99Ms: null,
  teacherP50Ms: null,
  teacherP99Ms: null,
  saved: 0,
};

/** Why a student that was certified answers nothing, in a sentence; null where it may. */
function whyTakenOff({ card, rolledBack }: TaskParts): string | null {
  // A card on the disk may be of any version.
  const format: number | undefined = card?.format;
  if (format !== undefined && format !== bundleFormat && card?.outcome.kind === 'certified')
    return `The student was trained by ${format < bundleFormat ? 'an earlier' : 'a later'} version of Understudy, and this one cannot run it.`;
  return rolledBack;
}

function stageOf(parts: TaskParts): TaskState['stage'] {
  const { task, policy, card, job } = parts;
  if (job !== null) return 'training';
  if (whyTakenOff(parts) !== null) return 'rolled-back';
  if (card === null) return task.calls < CALLS_TO_START ? 'collecting' : 'ready';
  if (card.outcome.kind === 'refused') return 'refused';
  return policy?.mode === 'on' || policy?.mode === 'canary' ? 'serving' : 'certified';
}

function summaryOf(stage: TaskState['stage'], parts: TaskParts): string {
  const { task, card, live, job } = parts;
  switch (stage) {
    case 'collecting':
      return `Collecting traffic: ${task.calls} calls so far, about ${CALLS_TO_START - task.calls} more before training makes sense.`;
    case 'ready':
      return 'Enough traffic to train a student. Train to see how much of it can be answered locally.';
    case 'training':
      return job?.message ?? 'Training.';
    case 'rolled-back':
      return `${whyTakenOff(parts)} The teacher answers every call again. Train again on the newer traffic.`;
    case 'refused':
      return card?.outcome.kind === 'refused'
        ? `Stay with the teacher: ${card.outcome.reason}`
        : 'Stay with the teacher.';
    case 'certified':
      return card?.outcome.kind === 'certified'
        ? `A student is ready: it can answer about ${percent(card.report?.coverage ?? card.outcome.certificate.coverage)} of the calls and differ from the teacher on at most ${percent(card.outcome.certificate.epsilon)} of those. Switch it on, or let it shadow first.`
        : '';
    case 'serving':
      return live.answeredLocally.n === 0
        ? 'The student is on and waits for the next call.'
        : `The student answered ${percent(live.answeredLocally.rate)} of the last ${live.answeredLocally.n.toLocaleString('en')} calls.`;
  }
}

function studentState(card: ModelCard): StudentState {
  return {
    rung: card.rung,
    parameters: card.parameters,
    bytes: card.bytes,
    device: card.device,
    trainSeconds: card.trainSeconds,
    trainedMs: card.createdMs,
    signed: signedOn(card),
    outcome: card.outcome,
    report: card.report,
    ...(card.deviceReason === undefined ? {} : { deviceReason: card.deviceReason }),
    ...(card.curve === undefined ? {} : { curve: card.curve }),
    ...(card.precision === undefined ? {} : { weights: card.precision.reason }),
    ...(card.selfAgreement ? { selfAgreement: card.selfAgreement } : {}),
  };
}

function signedOn({ capabilities: { signedBy, signedMs, waiting } }: ModelCard): StudentState['signed'] {
  if (signedBy === null || signedMs === null) return null;
  return { by: signedBy, atMs: signedMs, waiting: waiting?.length ?? 0 };
}

/** The route of a reopened capability is nobody's choice: one use of it after it was dropped. */
function toldReopened(capability: Capability, atMs: number | undefined): Capability {
  if (atMs === undefined || capability.verdict !== 'route') return capability;
  const day = new Date(atMs).toISOString().slice(0, 10);
  const rest = capability.reason.replace(/^Set to route by you\. /, '');
  return { ...capability, reason: `Reopened on ${day}: the teacher used it after it was dropped. ${rest}` };
}

function signedState({ catalogue, signed, verdicts }: TaskParts): TaskState['signed'] {
  if (signed === null) return null;
  const changes = catalogue === null ? [] : unsignedChanges(catalogue, verdicts, signed);
  return { by: signed.by, atMs: signed.atMs, changes };
}

/** Today's rate: one figure for the sidebar, the proposal and the report. */
function dailyRate({ task, catalogue }: TaskParts): number {
  return catalogue?.callsPerDay ?? task.calls / Math.max(1, (task.lastMs - task.firstMs) / DAY_MS);
}

/** US dollars a month at today's rate; null where no model's price is known. */
function costPerMonth(parts: TaskParts): number | null {
  const { perCall } = meanPrice(parts.usage, parts.ownPrices);
  return perCall === null ? null : perCall * dailyRate(parts) * 30;
}

function promptText(messages: Task['versions'][number]['template']['messages']): string {
  return messages
    .map((m) => `${m.role}: ${m.segments.map((s) => (s.kind === 'text' ? s.text : `{${s.name}}`)).join('')}`)
    .join('\n\n');
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}
