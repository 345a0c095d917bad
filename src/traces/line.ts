import { isObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { crc32, crc32Hex } from './checksum.ts';
import type { Trace } from './trace.ts';

/**
 * The lines of a segment. An open segment holds `<crc32 as 8 hex digits> <json>\n`. A sealed one, whose blocks carry the
 * checksums, holds `<json>\n`. In both, an empty line is a deleted trace and `!reason` a line that was found damaged:
 * so a trace keeps its line number for life.
 */

/** The most bytes that the line of this JSON takes: a UTF-16 unit takes three at most. */
export const lineRoom = (json: string): number => json.length * 3 + 10;

/** Writes the line of an open segment, newline included, where there is room for it. @returns where it ends. */
export function writeLine(target: Buffer, at: number, json: string): number {
  const end = at + 9 + target.write(json, at + 9, 'utf8');
  target.write(`${crc32Hex(target.subarray(at + 9, end))} `, at, 'latin1');
  target[end] = 0x0a;
  return end + 1;
}

/** What a line says: the JSON of a trace, a deleted trace (null), or the reason why it cannot be read. */
export type Line = Result<Buffer | null, string>;

/** @param line without its newline. */
export function decodeLine(line: Buffer): Line {
  if (line.length === 0) return ok(null);
  if (line[0] === 0x21) return fail(line.toString('utf8', 1));
  if (line.length < 10 || line[8] !== 0x20) return fail('no checksum');
  const expected = Number.parseInt(line.toString('latin1', 0, 8), 16);
  const body = line.subarray(9);
  if (crc32(body) !== expected) return fail('checksum does not match');
  return ok(body);
}

/** @param line without its newline, from a block whose checksum was right. */
export function decodeSealedLine(line: Buffer): Line {
  if (line.length === 0) return ok(null);
  if (line[0] === 0x21) return fail(line.toString('utf8', 1));
  return ok(line);
}

/** A trace from its JSON. */
export function parseTrace(json: Buffer | string): Result<Trace, string> {
  const value = parseJson(typeof json === 'string' ? json : json.toString('utf8'));
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['startMs'] !== 'number')
    return fail('not a trace');
  return ok(value as unknown as Trace);
}

/** A trace's id, without parsing the rest where the id stands first, as the journal writes it; null for no trace. */
export function idOf(json: Buffer): string | null {
  const first = /^\{"id":"([^"\\]*)"/.exec(json.toString('utf8', 0, 200))?.[1];
  if (first !== undefined) return first;
  const trace = parseTrace(json);
  return trace.ok ? trace.value.id : null;
}
