import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { otlpFromProtobuf } from '../../src/traces/otlpProtobuf.ts';
import { attribute, bytes, double, fixed64, number } from '../support/protobuf.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const start = 1793000000000000000n;
const values = bytes(
  9,
  bytes(1, 'all'),
  bytes(
    2,
    bytes(
      6,
      bytes(1, bytes(1, 'int'), bytes(2, number(3, -7))),
      bytes(1, bytes(1, 'big'), bytes(2, number(3, 2n ** 62n))),
      bytes(1, bytes(1, 'yes'), bytes(2, number(2, 1))),
      bytes(1, bytes(1, 'half'), bytes(2, double(4, 0.5))),
      bytes(1, bytes(1, 'raw'), bytes(2, bytes(7, hex('00ff')))),
      bytes(1, bytes(1, 'list'), bytes(2, bytes(5, bytes(1, bytes(1, 'a')), bytes(1, bytes(1, 'ü'))))),
    ),
  ),
);
const span = [
  bytes(1, hex(traceId)),
  bytes(2, hex(spanId)),
  bytes(3, 'vendor=state'),
  bytes(5, 'chat gpt-4o-mini'),
  number(6, 3),
  fixed64(7, start),
  fixed64(8, start + 500_000_000n),
  attribute(9, 'gen_ai.operation.name', 'chat'),
  values,
  number(10, 0),
  bytes(11, fixed64(1, start), bytes(2, 'gen_ai.choice'), attribute(3, 'index', '0')),
  bytes(15, bytes(2, 'failed'), number(3, 2)),
  Buffer.from([...[0x85, 0x01], 1, 0, 0, 0]),
];
const request = bytes(
  1,
  bytes(1, attribute(1, 'service.name', 'app')),
  bytes(2, bytes(1, bytes(1, 'instrumentation'), bytes(2, '1.0')), bytes(2, ...span), bytes(3, 'schema')),
);

describe('an OTLP export in protobuf', () => {
  test('reads as the JSON of the same export', () => {
    const attributeOf = (name: string, value: object) => ({ key: name, value });
    assert.deepEqual(otlpFromProtobuf(request, 'traces'), {
      ok: true,
      value: {
        resourceSpans: [
          {
            resource: { attributes: [attributeOf('service.name', { stringValue: 'app' })] },
            scopeSpans: [
              {
                scope: { name: 'instrumentation', version: '1.0' },
                spans: [
                  {
                    traceId,
                    spanId,
                    name: 'chat gpt-4o-mini',
                    kind: 3,
                    startTimeUnixNano: '1793000000000000000',
                    endTimeUnixNano: '1793000000500000000',
                    status: { message: 'failed', code: 2 },
                    attributes: [
                      attributeOf('gen_ai.operation.name', { stringValue: 'chat' }),
                      attributeOf('all', {
                        kvlistValue: {
                          values: [
                            attributeOf('int', { intValue: '-7' }),
                            attributeOf('big', { intValue: '4611686018427387904' }),
                            attributeOf('yes', { boolValue: true }),
                            attributeOf('half', { doubleValue: 0.5 }),
                            attributeOf('raw', { bytesValue: 'AP8=' }),
                            attributeOf('list', {
                              arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'ü' }] },
                            }),
                          ],
                        },
                      }),
                    ],
                    events: [
                      {
                        timeUnixNano: '1793000000000000000',
                        name: 'gen_ai.choice',
                        attributes: [attributeOf('index', { stringValue: '0' })],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    });
  });

  test('reads log records', () => {
    const log = [
      fixed64(1, start),
      bytes(5, bytes(1, 'said')),
      bytes(9, hex(traceId)),
      bytes(12, 'an.event'),
    ];
    assert.deepEqual(otlpFromProtobuf(bytes(1, bytes(2, bytes(2, ...log))), 'logs'), {
      ok: true,
      value: {
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: [
                  {
                    timeUnixNano: '1793000000000000000',
                    body: { stringValue: 'said' },
                    traceId,
                    eventName: 'an.event',
                  },
                ],
              },
            ],
          },
        ],
      },
    });
  });

  test('that is empty has nothing in it', () => {
    assert.deepEqual(otlpFromProtobuf(Buffer.alloc(0), 'traces'), { ok: true, value: {} });
  });

  test('is refused with a reason wherever it is cut inside of its one message', () => {
    for (let length = 1; length < request.length; length++) {
      const read = otlpFromProtobuf(request.subarray(0, length), 'traces');
      assert.equal(read.ok, false, `${length}`);
    }
  });

  test('with any byte changed is read or refused, and never more than that', () => {
    const random = createRandom(1);
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const damaged = Buffer.from(request);
      damaged[random.int(damaged.length)] = random.int(256);
      if (!otlpFromProtobuf(damaged, 'traces').ok) refused++;
    }
    assert.ok(refused > 300, `${refused}`);
  });

  test('is refused where its values are nested to exhaust the stack', () => {
    let value = bytes(1, 'end');
    for (let i = 0; i < 5000; i++) value = bytes(5, bytes(1, value));
    const nested = bytes(1, bytes(2, bytes(2, bytes(9, bytes(1, 'k'), bytes(2, value)))));
    assert.deepEqual(otlpFromProtobuf(nested, 'traces'), {
      ok: false,
      error: 'the export is nested too deep',
    });
  });
});
