import path from 'node:path';
import { AppError, toAppError } from '../base/error.ts';
import { startGateway } from '../gateway/client.ts';
import { refresh } from './refresh.ts';
import { report, type Session } from './session.ts';
import { retentionOf } from './settings.ts';

/** How long a gateway waits for an editor to come back after a reload or a crash before it ends. */
const LINGER_SECONDS = 3600;

/** Starts the gateway, or takes over one that outlived the editor, and records from now on. */
export async function startCapture(session: Session): Promise<null> {
  session.capturing = true;
  session.gatewayFailure = null;
  if (session.gateway !== null) {
    await session.gateway.configure({ capturing: true });
    return null;
  }
  session.starting = true;
  session.changed();
  try {
    session.gateway = await startGateway({
      storage: session.ports.storage,
      gatewayEntry: path.join(session.ports.dist, 'gateway.cjs'),
      workerEntry: path.join(session.ports.dist, 'worker.cjs'),
      version: session.ports.version,
      port: session.settings.port,
      upstreams: session.settings.upstreams,
      capturing: true,
      recordAgents: session.settings.captureAgents,
      redaction: session.settings.redaction,
      retention: retentionOf(session.settings),
      acceptClock: session.ports.acceptClock ?? false,
      attached: session.ports.ownGateway ?? true,
      leaseSeconds: (session.ports.ownGateway ?? true) ? 10 : LINGER_SECONDS,
      log: session.ports.log,
    });
  } catch (thrown) {
    const error = toAppError(thrown);
    session.gatewayFailure = error.message;
    throw new AppError('gateway-unavailable', `The gateway did not start: ${error.message}`, {
      next: 'Free the port or set understudy.port to 0, then start capture again.',
      cause: thrown,
    });
  } finally {
    session.starting = false;
  }
  session.gateway.onExit((failure) => {
    session.gatewayFailure = failure;
    report(session, {
      id: 'gateway',
      severity: failure === null ? 'info' : 'error',
      message:
        failure === null
          ? 'The gateway ended unexpectedly and was started again on the same port.'
          : `The gateway ended and could not be started again: ${failure}`,
      next: failure === null ? null : 'Start capture again.',
    });
  });
  session.changed();
  return null;
}

/** Stops recording. The gateway goes on forwarding, because programs that were started with its address still call it. */
export async function stopCapture(session: Session): Promise<null> {
  session.capturing = false;
  await session.gateway?.configure({ capturing: false });
  session.changed();
  return null;
}

/** Waits until what the gateway has answered so far is in the journal and the index. */
export async function flushCapture(session: Session): Promise<null> {
  await session.gateway?.flush();
  await refresh(session);
  return null;
}
