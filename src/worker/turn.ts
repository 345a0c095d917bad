/**
 * Gathers what is said within one turn of the event loop and sends it together: each message costs a system call here and
 * a wake-up there, which for small students is most of what an answer costs.
 * @param send is given one message as it is, and several as a list.
 */
export function gathered<T>(send: (said: T | readonly T[]) => void): (message: T) => void {
  let waiting: T[] = [];
  return (message) => {
    waiting.push(message);
    if (waiting.length > 1) return;
    setImmediate(() => {
      const [first, ...others] = waiting;
      const said = others.length === 0 ? first! : waiting;
      waiting = [];
      send(said);
    });
  };
}

/** The messages of one sending. */
export function messagesOf<T extends object>(said: T | readonly T[]): readonly T[] {
  return Array.isArray(said) ? (said as readonly T[]) : [said as T];
}
