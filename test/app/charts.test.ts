import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exactRate } from '../../src/base/binomial.ts';
import { capabilityRows, capabilityStrip, type Offered } from '../../webview/charts/capabilities.ts';
import { costChart } from '../../webview/charts/cost.ts';
import { coverageChart } from '../../webview/charts/coverage.ts';
import { dotsChart } from '../../webview/charts/dots.ts';
import { flowChart } from '../../webview/charts/flow.ts';
import { latencyChart } from '../../webview/charts/latency.ts';
import { learnedParts, learningChart, oneAfterTheOther } from '../../webview/charts/learning.ts';
import { reliabilityChart } from '../../webview/charts/reliability.ts';
import { riskCoverageChart } from '../../webview/charts/riskCoverage.ts';
import { trafficChart } from '../../webview/charts/traffic.ts';
import { weaknessChart, worstFirst } from '../../webview/charts/weakness.ts';
import { count, dollars, interval, milliseconds, percent } from '../../webview/charts/words.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const amount = fc.integer({ min: 0, max: 1_000_000 });
const rate = fc.tuple(amount, amount).map(([a, b]) => exactRate(Math.min(a, b), Math.max(a, b)));
const name = fc.string({ maxLength: 40 });
const offered: fc.Arbitrary<Offered> = fc.record({
  name,
  verdict: fc.constantFrom('keep', 'route', 'drop', 'not yet'),
  fired: amount,
  opportunities: amount,
  rate: share,
  upper: share,
});

/** [chart, any data it may be given] */
const charts: readonly [string, fc.Arbitrary<string>][] = [
  ['flow', fc.array(fc.record({ label: name, n: amount, local: fc.boolean() })).map((b) => flowChart(b))],
  ['capability strip', fc.array(offered, { maxLength: 200 }).map((c) => capabilityStrip(c))],
  ['capability rows', fc.array(offered).map((c) => capabilityRows(c))],
  [
    'risk and coverage',
    fc
      .record({
        points: fc.array(fc.record({ coverage: share, risk: share })),
        epsilon: fc.option(fc.double({ min: 0.001, max: 0.3, noNaN: true })),
        served: fc.option(fc.record({ coverage: share, disagreement: rate })),
      })
      .map((data) => riskCoverageChart(data)),
  ],
  [
    'reliability',
    fc
      .array(fc.record({ confidence: share, agreement: share, n: amount }))
      .map((bins) => reliabilityChart(bins)),
  ],
  [
    'latency',
    fc
      .array(
        fc
          .tuple(
            fc.double({ min: 0, max: 60_000, noNaN: true }),
            fc.double({ min: 0, max: 60_000, noNaN: true }),
          )
          .map(([a, b]) => ({ name: 'x', p50Ms: Math.min(a, b), p99Ms: Math.max(a, b), local: true })),
        { minLength: 1, maxLength: 3 },
      )
      .map((rows) => latencyChart(rows)),
  ],
  [
    'learning',
    fc
      .array(
        fc.record({
          step: amount,
          loss: fc.double({ min: 0, max: 50, noNaN: true }),
          validation: fc.option(fc.double({ min: 0, max: 50, noNaN: true })),
        }),
      )
      .map((points) => learningChart(points)),
  ],
  [
    'traffic',
    fc
      .array(fc.record({ day: fc.integer({ min: 0, max: 60 }), calls: amount, local: amount }))
      .map((days) =>
        trafficChart(
          days.map((d) => ({ ...d, day: new Date(Date.UTC(2026, 9, 1 + d.day)).toISOString().slice(0, 10) })),
        ),
      ),
  ],
  [
    'cost',
    fc
      .record({ teacher: fc.double({ min: 0, max: 1e6, noNaN: true }), local: share })
      .map((c) => costChart(c)),
  ],
  ['dots', fc.record({ local: share, differ: share }).map((d) => dotsChart(d))],
  [
    'weakness',
    fc
      .array(fc.record({ name, share: fc.option(share), agreement: rate, served: fc.boolean() }))
      .map((rows) => weaknessChart(rows)),
  ],
  [
    'coverage',
    fc
      .record({
        points: fc.array(
          fc.record({
            capabilities: amount,
            coverage: share,
            name: fc.option(name),
            verdict: fc.option(fc.constantFrom('keep', 'route', 'drop', 'not yet')),
          }),
          { maxLength: 120 },
        ),
        silent: amount,
      })
      .map((data) => coverageChart(data)),
  ],
];

for (const [what, drawn] of charts)
  test(`the ${what} chart is whole whatever it shows`, () => {
    fc.assert(
      fc.property(drawn, (svg) => {
        assert.match(svg, /^<svg [^>]*role="img" aria-label="[^"]+"/);
        assert.ok(!/NaN|Infinity|undefined/.test(svg), svg.match(/.{40}(NaN|Infinity|undefined).{20}/)?.[0]);
        for (const match of svg.matchAll(/ (?:width|height|r)="(-?[\d.]+)"/g))
          assert.ok(Number(match[1]) >= 0, match[0]);
        assert.equal(svg.match(/<g>/g)?.length, svg.match(/<\/g>/g)?.length);
        assert.ok(!/ style=| on\w+=/.test(svg.replace(/aria-label="[^"]*"|>[^<]*</g, '')));
      }),
      { numRuns: 150 },
    );
  });

test('names in a chart are text, not markup', () => {
  const svg = flowChart([
    { label: '<script>&"', n: 1, local: true },
    { label: 'x', n: 2, local: false },
  ]);
  assert.ok(svg.includes('&#60;script&#62;&#38;&#34;') && !svg.includes('<script'));
});

test('the stream parts into pieces as wide as their shares, the local one on top', () => {
  const svg = flowChart([
    { label: 'teacher', n: 25, local: false },
    { label: 'here', n: 75, local: true },
  ]);
  const heights = [...svg.matchAll(/<rect [^>]*height="([\d.]+)"/g)].map((match) => Number(match[1]));
  assert.deepEqual(heights, [176, 132, 44]);
});

test('more reasons than fit become one', () => {
  const svg = flowChart(
    Array.from({ length: 12 }, (_, i) => ({ label: `reason ${i}`, n: 100 - i, local: i === 0 })),
  );
  assert.match(svg, /6 other reasons/);
});

test('a hundred dots add up', () => {
  const svg = dotsChart({ local: 0.729, differ: 0.018 });
  assert.equal(svg.match(/<circle/g)?.length, 100);
  assert.match(svg, /Of a hundred calls 73 are answered on this machine, 1 of them differs/);
});

test('the curve leaves through the top where it crosses, not along it', () => {
  const svg = riskCoverageChart({
    points: [
      { coverage: 0.4, risk: 0.01 },
      { coverage: 0.6, risk: 0.02 },
      { coverage: 1, risk: 0.5 },
    ],
    epsilon: 0.02,
    served: { coverage: 0.6, disagreement: exactRate(12, 600) },
  });
  const curve = svg.match(/<path d="(M[^"]+)"/)?.[1] ?? '';
  const ys = [...curve.matchAll(/[ML][\d.]+ ([\d.-]+)/g)].map((match) => Number(match[1]));
  assert.equal(ys.at(-1), 18);
  assert.equal(ys.filter((y) => y === 18).length, 1);
});

test('the kept set is marked where its part of the curve ends', () => {
  const svg = coverageChart(
    {
      points: [
        { capabilities: 0, coverage: 0, name: null, verdict: null },
        { capabilities: 1, coverage: 0.6, name: 'a', verdict: 'keep' },
        { capabilities: 2, coverage: 0.9, name: 'b', verdict: 'keep' },
        { capabilities: 3, coverage: 1, name: 'c', verdict: 'route' },
      ],
      silent: 5,
    },
    { width: 878, height: 166 },
  );
  assert.match(svg, /2 kept capabilities cover 90\u00a0% of the calls/);
  assert.match(svg, /All 3 that were used cover 100\u00a0%; 5 more never fired/);
  assert.match(svg, /<title>c: 10\u00a0% more, 100\u00a0% together, route<\/title>/);
  assert.deepEqual(
    [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="6.5"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]),
    [[258, 32]],
  );
});

test('the weakest kind of call stands first, those with too few calls after all others', () => {
  const kinds = [
    { name: 'many, good', agreement: exactRate(99, 100) },
    { name: 'few, bad', agreement: exactRate(1, 29) },
    { name: 'many, bad', agreement: exactRate(70, 100) },
    { name: 'enough', agreement: exactRate(28, 30) },
  ];
  assert.deepEqual(
    worstFirst(kinds).map((kind) => kind.name),
    ['many, bad', 'enough', 'many, good', 'few, bad'],
  );
  const svg = weaknessChart(kinds.map((kind) => ({ ...kind, share: 0.1, served: true })));
  assert.equal(svg.match(/insufficient data<\/text>/g)?.length, 1);
  assert.match(svg, /29, insufficient data/);
});

test('networks that were trained in turn stand beside each other', () => {
  const point = (step: number, loss: number) => ({ step, loss, validation: loss + 1 });
  const svg = learningChart([point(10, 4), point(20, 2), point(10, 3), point(20, 1)], { width: 468 });
  assert.match(svg, /in 40 steps over 2 parts; on calls kept aside it reaches 2\.00/);
  const curves = [...svg.matchAll(/<path d="(M[^"]+)"/g)].map(([, d]) =>
    [...d!.matchAll(/[ML]([\d.]+) /g)].map((match) => Number(match[1])),
  );
  assert.deepEqual(curves, [
    [152, 252],
    [152, 252],
    [352, 452],
    [352, 452],
  ]);
});

test('parts that learn at once are curves of their own, and each says how far it came and why it ended', () => {
  const point = (series: string, step: number, loss: number) => ({ series, step, loss, validation: null });
  const ended = 'stopped after pass 2 of 9';
  const points = [
    point('pilot', 10, 4),
    point('trial', 12, 5),
    { ...point('pilot', 20, 2), validation: 3 },
    { ...point('trial', 24, 1), ended },
    point('cnn 1', 8, 6),
  ];
  assert.deepEqual(
    oneAfterTheOther(points).map((part) => part.map(({ step }) => step)),
    [[10, 20], [32, 44], [52]],
  );
  assert.deepEqual(learnedParts(points), [
    { name: 'pilot network', loss: 2, validation: 3, ended: null },
    { name: 'network that kinds of calls are hidden from', loss: 1, validation: null, ended },
    { name: 'cnn 1', loss: 6, validation: null, ended: null },
  ]);
});

test('figures never say nothing or all for what is neither', () => {
  assert.deepEqual(
    [0, 0.00005, 0.0005, 0.004, 0.0213, 0.02, 0.72945, 0.99999, 1].map((value) =>
      percent(value).replace('\u00a0', ' '),
    ),
    ['0 %', '<0.01 %', '0.05 %', '0.4 %', '2.1 %', '2 %', '72.9 %', '>99.9 %', '100 %'],
  );
  assert.equal(interval(exactRate(0, 0)), 'no calls yet');
  assert.equal(count(1234567.2), '1,234,567');
  assert.deepEqual([dollars(0.001), dollars(12.5), dollars(4210)], ['<$0.01', '$12.50', '$4,210']);
  assert.deepEqual(
    [1.84, 743, 2950, 12_400].map((ms) => milliseconds(ms).replace('\u00a0', ' ')),
    ['1.8 ms', '743 ms', '3.0 s', '12 s'],
  );
});
