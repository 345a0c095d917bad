/**
 * What waits for an answer, under numbers that are used again once it came. Not a map: the tables that a map outgrew go on
 * holding what was in them, and once one of them is old, each keeps the next: a kilobyte of every call would outlive it
 * until the next full collection.
 */
export interface OpenRequests<T> {
  /** @returns the number under which it is found. */
  add(request: T): number;
  get(number: number): T | undefined;
  /** What has this number, which is free from now on. */
  take(number: number): T | undefined;
  takeAll(): T[];
}

export function createOpenRequests<T>(): OpenRequests<T> {
  const requests: (T | undefined)[] = [];
  const free: number[] = [];
  const take = (number: number): T | undefined => {
    const request = requests[number];
    if (request === undefined) return undefined;
    requests[number] = undefined;
    free.push(number);
    return request;
  };
  return {
    add: (request) => {
      const number = free.pop() ?? requests.length;
      requests[number] = request;
      return number;
    },
    get: (number) => requests[number],
    take,
    takeAll: () => requests.flatMap((_, number) => take(number) ?? []),
  };
}
