import type { AppState, GatewayState } from '../protocol.ts';
import type { Session } from './session.ts';
import { noLive, taskState } from './taskState.ts';
import { termsOf } from './terms.ts';

/** The snapshot of everything a front shows, built from the session; no I/O. */
export function buildState(session: Session): AppState {
  const { figures } = session;
  return {
    gateway: gatewayState(session),
    traces: {
      total: figures.total,
      today: figures.today,
      bytes: figures.bytes,
      shed: figures.shed,
      unassigned: session.unassigned,
    },
    young: session.young,
    tasks: session.tasks.map((task) => {
      const job = [...session.jobs.values()].find((j) => j.taskId === task.id);
      return taskState({
        task,
        catalogue: session.catalogues.get(task.id) ?? null,
        policy: session.policies.find((p) => p.taskId === task.id) ?? null,
        card: session.cards.get(task.id) ?? null,
        live: figures.live.get(task.id) ?? noLive,
        rolledBack: figures.rolledBack.get(task.id) ?? null,
        job: job ?? null,
        usage: figures.usage.get(task.id) ?? [],
        ownPrices: session.settings.prices,
        verdicts: session.edits.verdicts[task.id] ?? {},
        signed: session.edits.signed[task.id] ?? null,
        reopened: session.edits.reopened[task.id] ?? {},
      });
    }),
    jobs: [...session.jobs.values()].map(({ abort: _, ...job }) => job),
    problems: [...session.problems.values()],
    terms: providersOf(session).map((provider) => {
      const { name, says, source, asOf } = termsOf(provider);
      return {
        provider,
        name,
        decision: session.edits.terms[provider]?.decision ?? 'undecided',
        says,
        source,
        asOf,
      };
    }),
  };
}

function gatewayState(session: Session): GatewayState {
  if (session.gatewayFailure !== null) return { kind: 'failed', message: session.gatewayFailure };
  if (session.gateway === null) return session.starting ? { kind: 'starting' } : { kind: 'stopped' };
  const { port, baseUrls } = session.gateway.info;
  return { kind: 'running', port, baseUrls, capturing: session.capturing };
}

function providersOf(session: Session): string[] {
  return [...new Set(session.tasks.flatMap((task) => task.providers))].sort();
}
