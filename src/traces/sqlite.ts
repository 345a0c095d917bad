import initSqlJs, { type Database, type SqlJsStatic, type SqlValue, type Statement } from 'sql.js';

/**
 * The only address of sql.js. Its databases live in memory and nobody else sees them; `export()` is the one way out, and
 * it frees every statement and resets the pragmas. So a database is opened here, its pragmas are set in one place, and its
 * statements are prepared again after an export.
 */
export type { Database, SqlJsStatic, SqlValue };

let loading: Promise<SqlJsStatic> | null = null;

/** Loads the WebAssembly module once per process. @param wasm file of sql-wasm.wasm; by default beside the script. */
export function loadSqlite(wasm?: string): Promise<SqlJsStatic> {
  loading ??= initSqlJs(wasm === undefined ? {} : { locateFile: () => wasm }).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

export function openDatabase(sqlite: SqlJsStatic, bytes?: Uint8Array): Database {
  const database = new sqlite.Database(bytes);
  setPragmas(database);
  return database;
}

/**
 * The journal is the truth: the index needs neither a rollback journal on its imaginary disk nor a large page cache. What
 * is deleted is overwritten: its bytes must not lie on in free pages of a snapshot.
 */
function setPragmas(database: Database): void {
  database.run('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -256;');
  database.run('PRAGMA secure_delete = ON;');
}

/** The database as bytes. Statements prepared before are dead afterwards. */
export function exportDatabase(database: Database): Uint8Array {
  const bytes = database.export();
  setPragmas(database);
  return bytes;
}

/** Statements of a database by their text, prepared at first use. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** All rows of a query. */
  all(sql: string, params: SqlValue[] = []): SqlValue[][] {
    const statement = this.get(sql);
    const rows: SqlValue[][] = [];
    statement.bind(params);
    while (statement.step()) rows.push(statement.get());
    statement.reset();
    return rows;
  }

  /** Call before an export. */
  free(): void {
    for (const statement of this.#prepared.values()) statement.free();
    this.#prepared.clear();
  }
}
