import { AppError, toAppError } from '../base/error.ts';
import { capabilitySet } from '../capabilities/set.ts';
import type { Actions } from '../protocol.ts';
import { defaultPolicy } from '../routing/defaults.ts';
import type { ModelCard } from '../student/student.ts';
import { analyseTasks, taskOf } from './analysis.ts';
import type { RunOptions } from './app.ts';
import { askedKinds } from './choices.ts';
import { runJob } from './jobs.ts';
import { changeEdits, type Session, savePolicy } from './session.ts';
import { termsOf } from './terms.ts';

/** Trains, certifies and stores a student; the task's mode becomes off until the user switches it on. */
export async function trainTask(
  session: Session,
  params: Actions['student.train'][0],
  options: RunOptions,
): Promise<{ certified: boolean }> {
  const task = taskOf(session, params.taskId);
  const terms = termsGate(session, task.providers);
  if ([...session.jobs.values()].some((job) => job.taskId === task.id)) {
    throw new AppError('bad-input', `${task.name} is being trained already.`);
  }
  if (!session.catalogues.has(task.id)) await analyseTasks(session, null, options);
  const catalogue = session.catalogues.get(task.id);
  if (catalogue === undefined)
    throw new AppError('not-enough-data', `There is no traffic of ${task.name} to train on.`);

  const result = await runJob(
    session,
    { title: `Training ${task.name}`, taskId: task.id },
    options,
    (signal, onProgress) =>
      session.worker().request(
        'train',
        {
          storage: session.ports.storage,
          taskId: task.id,
          edits: session.edits.tasks,
          capabilities: capabilitySet(
            catalogue,
            session.edits.verdicts[task.id] ?? {},
            session.edits.signed[task.id],
          ),
          epsilon: session.settings.epsilon,
          delta: session.settings.delta,
          newKinds: session.settings.newKinds,
          device: params.device ?? session.settings.device,
          seed: params.seed ?? 1,
          testShare: params.testShare ?? 0.2,
          terms,
          nowMs: session.ports.clock.now(),
        },
        { signal, onProgress },
      ),
  ).catch(afterCrash);
  session.cards.set(task.id, result.card);
  const { outcome } = result.card;
  const certified = outcome.kind === 'certified';
  savePolicy(session, {
    ...defaultPolicy(task.id, result.card.version),
    deadlineMs: session.settings.deadlineMs,
    auditShare: session.settings.auditShare,
    bundle: result.bundle,
    versions: result.card.versions,
    certificate: certified ? outcome.certificate : null,
    buckets: certified ? outcome.buckets : [],
    asked: askedKinds(session, task),
  });
  await session.gateway?.reload();
  return { certified };
}

/** A training whose process died has kept what it learned. */
function afterCrash(thrown: unknown): never {
  const { code, message } = toAppError(thrown);
  if (code !== 'worker-crashed') throw thrown;
  const next = 'Train again: it goes on from what it had learned.';
  throw new AppError(code, message, { next, cause: thrown });
}

export async function cancelTraining(
  session: Session,
  { taskId }: Actions['student.cancelTraining'][0],
): Promise<null> {
  for (const job of session.jobs.values()) if (job.taskId === taskId) job.abort.abort();
  return null;
}

/** Who answers this task's calls from now on. Only a certified student may answer; anything may shadow. */
export async function setMode(session: Session, { taskId, mode }: Actions['task.setMode'][0]): Promise<null> {
  const task = taskOf(session, taskId);
  const policy = session.policies.find((p) => p.taskId === taskId);
  if (policy === undefined || policy.bundle === null) {
    if (mode === 'off') return null;
    throw new AppError('not-found', `${task.name} has no student yet.`, { next: 'Train it first.' });
  }
  if ((mode === 'on' || mode === 'canary') && policy.certificate === null) {
    throw new AppError(
      'not-certified',
      `The student of ${task.name} has no certificate, so it may only shadow.`,
      {
        next: 'Collect more traffic and train again, or allow a larger share of disagreement in the settings.',
      },
    );
  }
  savePolicy(session, { ...policy, mode, sinceMs: session.ports.clock.now() });
  await session.gateway?.reload();
  if (mode !== 'off') await untilLoaded(session, taskId);
  return null;
}

const LOAD_PATIENCE_MS = 20_000;

/** The gateway's worker loads the student; until then the teacher answers. */
async function untilLoaded(session: Session, taskId: string): Promise<void> {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));
  for (let tries = 0; session.gateway !== null && tries < LOAD_PATIENCE_MS / 25; tries++) {
    const state = (await session.gateway.stats()).tasks[taskId]?.student ?? 'loading';
    if (state === 'yes') return;
    if (state !== 'loading' && state !== 'no') {
      throw new AppError(
        'bundle-damaged',
        `The student could not be loaded: ${state}. The teacher answers.`,
        {
          next: 'Train the task again.',
        },
      );
    }
    await pause();
  }
}

export async function decideTerms(
  session: Session,
  { provider, decision }: Actions['terms.decide'][0],
): Promise<null> {
  const { source, asOf } = termsOf(provider);
  const decided = { decision, ms: session.ports.clock.now(), told: `${source}, read ${asOf}` };
  changeEdits(session, (edits) => ({ ...edits, terms: { ...edits.terms, [provider]: decided } }));
  return null;
}

/** Every provider of the task must have been allowed by the user; the decisions go into the card. */
function termsGate(session: Session, providers: readonly string[]): ModelCard['terms'] {
  const record: Record<string, string> = {};
  for (const provider of providers) {
    const decided = session.edits.terms[provider];
    if (decided?.decision !== 'allowed') {
      const { name, says, source, asOf } = termsOf(provider);
      throw new AppError(
        'terms-undecided',
        `Training on answers of ${name} was ${decided === undefined ? 'not decided yet' : 'declined'}. ${says} (${source}, read ${asOf})`,
        { next: `Decide for ${provider}, then train again.` },
      );
    }
    const told = decided.told === undefined ? '' : `; ${decided.told}`;
    record[provider] = `allowed ${new Date(decided.ms).toISOString()}${told}`;
  }
  return record;
}
