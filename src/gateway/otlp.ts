import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '../base/json.ts';
import { readBody } from './body.ts';
import { decodeBody } from './decode.ts';
import { refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';

/** Exports of instrumented applications may be longer than any call. */
const MAX_BYTES = 32 << 20;

/**
 * Takes OpenTelemetry spans and logs (OTLP over HTTP, JSON encoding) at `/<token>/otlp/v1/traces` and `/v1/logs`: an
 * application that is instrumented already is captured without a change of its base URLs.
 */
export async function receiveOtlp(
  gateway: Gateway,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  path: string,
): Promise<void> {
  if (req.method !== 'POST' || !/^v1\/(?:traces|logs)(?:\?|$)/.test(path)) {
    refuse(res, 404, 'Spans are taken at POST .../otlp/v1/traces, log records at .../otlp/v1/logs.');
    return;
  }
  if (!/json/i.test(req.headers['content-type'] ?? '')) {
    refuse(res, 415, 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/json: the protobuf encoding is not read here.');
    return;
  }
  const body = await readBody(req, MAX_BYTES);
  if (body.kind !== 'whole') {
    if (body.kind === 'too-long') refuse(res, 413, 'The export is longer than 32 MB.');
    return;
  }
  const decoded = decodeBody(body.bytes, req.headers['content-encoding'] ?? null);
  if (!decoded.ok || parseJson(decoded.value.toString('utf8')) === undefined) {
    refuse(res, 400, decoded.ok ? 'The export is not JSON.' : `The export cannot be read: ${decoded.error}.`);
    return;
  }
  // Exporters send again what is not taken, so a recorder that is switched off takes it too.
  if (gateway.capturing) gateway.recorder.addOtlp(decoded.value);
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end('{"partialSuccess":{}}');
}
