import { formats } from '../wire/formats.ts';
import type { Call, Trace } from './trace.ts';

/**
 * Reads a trace's bodies with its codec. null where the trace has no format or its request cannot be read; the response
 * is null for an error status, an incomplete answer and an unreadable one.
 */
export function toCall(trace: Trace): Call | null {
  const format = formats.find((f) => f.name === trace.format);
  if (format === undefined || trace.request === null) return null;
  const request = format.parseRequest(trace.request, trace.path);
  if (!request.ok) return null;
  return { trace, request: request.value, response: responseOf(trace, format) };
}

function responseOf(trace: Trace, format: (typeof formats)[number]): Call['response'] {
  const whole = trace.status >= 200 && trace.status < 300 && trace.incomplete === null;
  if (!whole || trace.response === null) return null;
  const response = format.parseResponse(trace.response);
  return response.ok ? response.value : null;
}
