import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import { refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';
import type { OtlpVerdict } from './recording.ts';

/** Exports of instrumented applications may be longer than any call. */
const MAX_BYTES = 32 << 20;

/**
 * Takes OpenTelemetry spans and logs (OTLP over HTTP, as protobuf or JSON) at `/<token>/otlp/v1/traces` and `/v1/logs`: an
 * application that is instrumented already is captured without a change of its base URLs.
 */
export async function receiveOtlp(
  gateway: Gateway,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  path: string,
): Promise<void> {
  const signal = /^v1\/(traces|logs|metrics)(?:\?|$)/.exec(path)?.[1] as
    | 'traces'
    | 'logs'
    | 'metrics'
    | undefined;
  if (req.method !== 'POST' || signal === undefined) {
    refuse(res, 404, 'Spans are taken at POST .../otlp/v1/traces, log records at .../otlp/v1/logs.');
    return;
  }
  const type = req.headers['content-type'] ?? '';
  const form = /protobuf/i.test(type) ? 'protobuf' : /json/i.test(type) ? 'json' : null;
  if (form === null) {
    refuse(res, 415, 'OTLP over HTTP comes as application/x-protobuf or application/json.');
    return;
  }
  const body = await readBody(req, MAX_BYTES);
  if (body.kind !== 'whole') {
    if (body.kind === 'too-long') refuse(res, 413, 'The export is longer than 32 MB.');
    return;
  }
  const { bytes } = body;
  const encoding = req.headers['content-encoding'] ?? null;
  // Exporters send again what is not taken, and complain: a recorder that is switched off takes it, too, and metrics, which
  // come to the same endpoint and of which nothing is kept.
  const verdict: OtlpVerdict =
    gateway.capturing && signal !== 'metrics'
      ? await gateway.recorder.addOtlp({ bytes, encoding, form, signal })
      : { taken: true, rejected: 0, reason: '' };
  if (!verdict.taken) {
    refuse(res, verdict.retry ? 503 : 400, `The export was not taken: ${verdict.reason}.`);
    return;
  }
  const answer = form === 'json' ? jsonAnswer(signal, verdict) : protobufAnswer(verdict);
  const answerType = form === 'json' ? 'application/json' : 'application/x-protobuf';
  res.writeHead(200, { 'content-type': answerType, 'content-length': answer.length });
  res.end(answer);
}

type Taken = Extract<OtlpVerdict, { taken: true }>;

/** 64-bit numbers are texts in OTLP's JSON. */
function jsonAnswer(signal: string, { rejected, reason }: Taken): Buffer {
  const name = signal === 'logs' ? 'rejectedLogRecords' : 'rejectedSpans';
  const partialSuccess = rejected === 0 ? {} : { [name]: String(rejected), errorMessage: reason };
  return Buffer.from(JSON.stringify({ partialSuccess }));
}

/** Field 1, the partial success: its field 1 the number, its field 2 the reason. An empty message is a whole success. */
function protobufAnswer({ rejected, reason }: Taken): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  const text = Buffer.from(reason);
  const partial = [0x08, ...varint(rejected), 0x12, ...varint(text.length), ...text];
  return Buffer.from([0x0a, ...varint(partial.length), ...partial]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
