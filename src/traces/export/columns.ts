import type { ExportRow } from './export.ts';

/**
 * Columns ready for Parquet without a Parquet library: one JSON document whose `columns` are equally long arrays, with
 * their types named as Apache Arrow names them. In Python: `d = json.load(open(f))`, then
 * `pyarrow.parquet.write_table(pyarrow.table(d["columns"]), "out.parquet")`; the schema tells the type of a column that has
 * no value.
 */
export interface ColumnsDocument {
  readonly format: 'understudy-columns';
  readonly version: 1;
  readonly rows: number;
  readonly schema: readonly {
    readonly name: string;
    readonly type: 'utf8' | 'int64' | 'float64';
    readonly nullable: boolean;
    /** What the text of the column holds. */
    readonly holds: 'text' | 'json' | 'number' | 'time';
  }[];
  readonly columns: Readonly<Record<string, readonly (string | number | null)[]>>;
}

const schema: ColumnsDocument['schema'] = [
  { name: 'id', type: 'utf8', nullable: false, holds: 'text' },
  { name: 'time', type: 'utf8', nullable: false, holds: 'time' },
  { name: 'provider', type: 'utf8', nullable: false, holds: 'text' },
  { name: 'model', type: 'utf8', nullable: false, holds: 'text' },
  { name: 'site', type: 'utf8', nullable: true, holds: 'text' },
  { name: 'messages', type: 'utf8', nullable: false, holds: 'json' },
  { name: 'tools', type: 'utf8', nullable: true, holds: 'json' },
  { name: 'answer_text', type: 'utf8', nullable: true, holds: 'text' },
  { name: 'answer_tool_calls', type: 'utf8', nullable: true, holds: 'json' },
  { name: 'finish', type: 'utf8', nullable: false, holds: 'text' },
  { name: 'input_tokens', type: 'int64', nullable: true, holds: 'number' },
  { name: 'output_tokens', type: 'int64', nullable: true, holds: 'number' },
  { name: 'duration_ms', type: 'float64', nullable: false, holds: 'number' },
];

/** The text of the document, value by value: as one string it could be longer than strings may be. */
export function* columnsText(rows: readonly ExportRow[]): Generator<string> {
  const head: Omit<ColumnsDocument, 'columns'> = {
    format: 'understudy-columns',
    version: 1,
    rows: rows.length,
    schema,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"columns":{`;
  for (const [i, { name }] of schema.entries()) {
    yield `${i === 0 ? '' : ','}"${name}":[`;
    for (const [j, row] of rows.entries())
      yield `${j === 0 ? '' : ','}${JSON.stringify(row[name as keyof ExportRow])}`;
    yield ']';
  }
  yield '}}\n';
}
