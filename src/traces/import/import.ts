import { stat } from 'node:fs/promises';
import { AppError } from '../../base/error.ts';
import { shortHash } from '../../base/hash.ts';
import { canonicalJson, type Json, type JsonObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { answerOf } from '../../wire/chat.ts';
import { formats } from '../../wire/formats.ts';
import { vendorNamed } from '../../wire/vendor.ts';
import type { Journal } from '../journal.ts';
import type { Trace } from '../trace.ts';
import { importers } from './importers.ts';
import { type KnownTraces, knownImports } from './known.ts';
import { type ImportedCall, type Importer, type Reading, text as textOf } from './record.ts';
import { readRecords } from './records.ts';

export interface ImportOptions {
  /** Hears of every record that was not imported, with the line it begins on, from 1. */
  readonly onSkip?: (line: number, reason: string) => void;
  /** Is a trace of this id known already? Asked beside the journal itself. */
  readonly known?: (traceId: string) => boolean;
  /** Further files with the missing halves (the requests of a batch, the messages of stored completions). Read first. */
  readonly companions?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  readonly imported: number;
  readonly duplicates: number;
  readonly skipped: number;
}

/** Appends wait for the disk in groups of this many. */
const GROUP = 200;
/** Halves of calls that wait for their other half. */
const MAX_HALVES = 200_000;

/**
 * Imports a file of calls in any known format into a journal; each record's format is found out by its shape. A record that
 * cannot be read is reported and skipped. Importing the same call again, by its source's id or by its content, adds nothing.
 * @throws AppError 'not-found' or 'bad-input' where the file cannot be read, 'storage-full' where the journal sheds.
 */
export async function importTraces(
  file: string,
  journal: Journal,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const run = new ImportRun(journal, await knownImports(journal.folder), options);
  for (const companion of options.companions ?? []) await run.read(companion, false);
  await run.read(file, true);
  return run.finish();
}

class ImportRun {
  readonly #journal: Journal;
  readonly #known: KnownTraces;
  readonly #options: ImportOptions;
  readonly #inputs = new Map<string, { line: number | null; request: JsonObject }>();
  readonly #outputs = new Map<
    string,
    { line: number; source: string; reading: Reading & { kind: 'output' } }
  >();
  #group: Promise<'stored' | 'shed'>[] = [];
  #fallbackMs = 0;
  #main = true;
  #imported = 0;
  #duplicates = 0;
  #skipped = 0;

  constructor(journal: Journal, known: KnownTraces, options: ImportOptions) {
    this.#journal = journal;
    this.#known = known;
    this.#options = options;
  }

  /** @param main of a companion only what the main file lacks is wanted. */
  async read(file: string, main: boolean): Promise<void> {
    this.#main = main;
    // Records without a time follow each other from the file's own.
    this.#fallbackMs = Math.floor((await statOf(file)).mtimeMs);
    let line = 0;
    try {
      for await (const record of readRecords(file)) {
        line = record.line;
        this.#options.signal?.throwIfAborted();
        if (record.content.ok) await this.#record(line, record.content.value);
        else this.#skip(line, record.content.error);
      }
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      if (this.#options.signal?.aborted)
        throw new AppError('cancelled', 'The import was cancelled.', { cause });
      const message = `${file} could not be read beyond line ${line}: ${(cause as Error).message}`;
      throw new AppError('bad-input', message, { cause });
    }
  }

  async #record(line: number, record: JsonObject): Promise<void> {
    const importer = importers.find((i) => i.recognises(record));
    if (importer === undefined) return this.#skip(line, 'in no known format');
    for (const reading of readSafely(importer, record)) await this.#reading(line, importer.name, reading);
  }

  async #reading(line: number, source: string, reading: Reading): Promise<void> {
    if (reading.kind === 'skip') return this.#skip(line, reading.reason);
    if (reading.kind === 'call') return this.#add(line, source, reading.call);
    const { key } = reading;
    if (reading.kind === 'input') {
      const waiting = this.#outputs.get(key);
      this.#outputs.delete(key);
      if (waiting) return this.#reading(waiting.line, source, waiting.reading.complete(reading.request));
      if (this.#inputs.size >= MAX_HALVES)
        return this.#skip(line, 'too many requests wait for their results');
      this.#inputs.set(key, { line: this.#main ? line : null, request: reading.request });
      return;
    }
    const input = this.#inputs.get(key);
    this.#inputs.delete(key);
    if (input !== undefined) return this.#reading(line, source, reading.complete(input.request));
    if (this.#outputs.size >= MAX_HALVES) return this.#skip(line, 'too many results wait for their requests');
    this.#outputs.set(key, { line, source, reading });
  }

  #skip(line: number, reason: string): void {
    this.#skipped++;
    this.#options.onSkip?.(line, reason);
  }

  async #add(line: number, source: string, call: ImportedCall): Promise<void> {
    const trace = traceOf(source, call, this.#fallbackMs);
    if (!trace.ok) return this.#skip(line, trace.error);
    const { id } = trace.value;
    if (this.#known.has(id) || this.#options.known?.(id)) {
      this.#duplicates++;
      return;
    }
    this.#known.add(id);
    this.#fallbackMs++;
    this.#group.push(this.#journal.append(trace.value));
    if (this.#group.length >= GROUP) await this.#settle();
  }

  async #settle(): Promise<void> {
    const outcomes = await Promise.all(this.#group);
    this.#group = [];
    this.#imported += outcomes.filter((o) => o === 'stored').length;
    if (outcomes.includes('shed')) {
      const reason = this.#journal.stats().paused ?? 'the journal cannot keep up';
      throw new AppError('storage-full', `The import stopped after ${this.#imported} traces: ${reason}.`, {
        next: 'Make room, then import the file again: what is in already is not added twice.',
      });
    }
  }

  async finish(): Promise<ImportResult> {
    for (const { line } of this.#outputs.values())
      this.#skip(line, 'the request of this result is not in the file; name its file as well');
    for (const { line } of this.#inputs.values())
      if (line !== null) this.#skip(line, 'the result of this request is not in the file');
    await this.#settle();
    return { imported: this.#imported, duplicates: this.#duplicates, skipped: this.#skipped };
  }
}

async function statOf(file: string): Promise<{ mtimeMs: number }> {
  try {
    return await stat(file);
  } catch (cause) {
    throw new AppError('not-found', `There is no file ${file}.`, { cause });
  }
}

/** A record of a shape that its reader did not expect is a bad record, not a failed import. */
function readSafely(importer: Importer, record: JsonObject): readonly Reading[] {
  try {
    return importer.read(record);
  } catch (error) {
    return [{ kind: 'skip', reason: `not readable as ${importer.name}: ${(error as Error).message}` }];
  }
}

/**
 * A found call as a trace, its bodies checked by their codec. The id is made of the source's id and the content, so that
 * either is enough to know the call again.
 * @param fallbackMs start of a call whose source names none.
 */
export function traceOf(source: string, call: ImportedCall, fallbackMs: number): Result<Trace, string> {
  const {
    sourceId,
    startMs,
    request,
    response,
    vendor = vendorNamed(null, textOf(request, 'model')),
    ...rest
  } = call;
  const trace: Trace = {
    id: '',
    startMs: startMs ?? fallbackMs,
    ...rest,
    ...(vendor === null || vendor === rest.provider ? {} : { vendor }),
    streamed: request['stream'] === true,
    request,
    response,
    incomplete: null,
    servedBy: 'teacher',
    pinnedTask: null,
    headers: {},
    route: null,
    source,
  };
  const said = contentOf(trace);
  if (!said.ok) return said;
  const content = shortHash(canonicalJson([startMs, ...said.value]));
  const origin = `${source}:${sourceId ?? content}`;
  return ok({ ...trace, id: `i${shortHash(origin)}${content}`, source: origin });
}

/** What was asked and what was said, free of the ids and habits in which one log of a call differs from another. */
function contentOf(trace: Trace): Result<Json[], string> {
  const format = formats.find((f) => f.name === trace.format);
  if (format === undefined) return fail(`calls in the format ${trace.format} cannot be read yet`);
  const request = format.parseRequest(trace.request, trace.path);
  if (!request.ok) return fail(`the request cannot be read: ${request.error.message}`);
  const { model, messages, tools } = request.value;
  if (messages.length === 0) return fail('the request has no messages');
  const asked = [model, messages, tools] as unknown as Json[];
  if (trace.status < 200 || trace.status >= 300) return ok([...asked, trace.status]);
  const response = format.parseResponse(trace.response);
  if (!response.ok) return fail(`the response cannot be read: ${response.error.message}`);
  return ok([...asked, answerOf(response.value) as unknown as Json]);
}
