/** Every way in which an action can fail that the user is told about. */
export type ErrorCode =
  | 'bad-input'
  | 'not-found'
  | 'gateway-unavailable'
  | 'worker-crashed'
  | 'upstream-unreachable'
  | 'storage-full'
  | 'storage-damaged'
  | 'storage-busy'
  | 'bundle-damaged'
  | 'not-enough-data'
  | 'not-certified'
  | 'device-unavailable'
  | 'terms-undecided'
  | 'cancelled'
  | 'internal';

/** An exceptional failure. `message` says what happened and why, `next` what the user can do about it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly next: string | null;

  constructor(code: ErrorCode, message: string, options: { next?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.next = options.next ?? null;
  }
}

/** Any thrown value as an AppError; what is not one already is `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
}
