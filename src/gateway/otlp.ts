import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import { refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';

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
  const signal = /^v1\/(traces|logs)(?:\?|$)/.exec(path)?.[1] as 'traces' | 'logs' | undefined;
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
  // Exporters send again what is not taken, so a recorder that is switched off takes it too.
  const verdict = gateway.capturing
    ? await gateway.recorder.addOtlp({ bytes, encoding, form, signal })
    : { taken: true as const };
  if (!verdict.taken) {
    refuse(res, verdict.retry ? 503 : 400, `The export was not taken: ${verdict.reason}.`);
    return;
  }
  // An empty message is the protobuf of a success.
  const [answerType, answer] =
    form === 'json' ? ['application/json', '{"partialSuccess":{}}'] : ['application/x-protobuf', ''];
  res.writeHead(200, { 'content-type': answerType, 'content-length': answer.length });
  res.end(answer);
}
