/** The path without its query, percent-encoding untouched. */
export function pathOnly(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

/** The query parameters of a provider-relative path. */
export function queryOf(path: string): URLSearchParams {
  const query = path.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : path.slice(query + 1));
}
