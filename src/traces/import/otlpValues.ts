import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';

/** OTLP's JSON as plain values. Its traps: AnyValue wrappers, 64-bit numbers as texts, nanoseconds as texts. */

/** The attributes of a span, an event or a log record by name; plain objects (exports of other tools) are flattened. */
export function attributesOf(value: Json | undefined): Record<string, Json> {
  const result: Record<string, Json> = {};
  if (isArray(value)) {
    for (const item of value)
      if (isObject(item) && typeof item['key'] === 'string')
        result[item['key']] = anyValue(item['value'] ?? null);
  } else if (isObject(value)) flatten(value, '', result);
  return result;
}

/** An AnyValue without its wrapper. */
export function anyValue(value: Json): Json {
  if (!isObject(value)) return value;
  if ('stringValue' in value) return value['stringValue'] ?? '';
  if ('boolValue' in value) return value['boolValue'] ?? false;
  if ('intValue' in value) return Number(value['intValue']);
  if ('doubleValue' in value) return Number(value['doubleValue']);
  if ('bytesValue' in value) return value['bytesValue'] ?? '';
  if (isObject(value['arrayValue'])) {
    const values = value['arrayValue']['values'];
    return isArray(values) ? values.map(anyValue) : [];
  }
  if (isObject(value['kvlistValue'])) {
    const result: Record<string, Json> = {};
    const values = value['kvlistValue']['values'];
    for (const item of isArray(values) ? values : [])
      if (isObject(item) && typeof item['key'] === 'string')
        result[item['key']] = anyValue(item['value'] ?? null);
    return result;
  }
  return value;
}

/** `{llm: {input_messages: [{message: {role}}]}}` as `llm.input_messages.0.message.role`; what has a flat name keeps it. */
function flatten(value: JsonObject, prefix: string, into: Record<string, Json>): void {
  for (const [key, item] of Object.entries(value)) {
    const name = prefix + key;
    into[name] = item;
    if (isObject(item)) flatten(item, `${name}.`, into);
    else if (isArray(item)) {
      const objects: Record<string, Json> = {};
      item.forEach((entry, i) => {
        if (isObject(entry)) objects[String(i)] = entry;
      });
      flatten(objects, `${name}.`, into);
    }
  }
}

/** The entries `prefix.0`, `prefix.1`, ... of flat attributes, each with the names below it. */
export function indexed(attributes: Readonly<Record<string, Json>>, prefix: string): Record<string, Json>[] {
  const result: Record<string, Json>[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const match = /^(\d{1,5})\.(.+)$/.exec(name.slice(prefix.length + 1));
    if (match) (result[Number(match[1])] ??= {})[match[2]!] = value;
  }
  return result.filter((entry) => entry !== undefined);
}

/** Nanoseconds since 1970, as text or number, in milliseconds; ISO texts too; null for none. */
export function nanoseconds(value: Json | undefined): number | null {
  if (typeof value === 'string' && /[-:]/.test(value)) {
    const ms = Date.parse(value);
    return Number.isFinite(ms) ? ms : null;
  }
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) && number > 0 ? Math.round(number / 1e3) / 1e3 : null;
}
