import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { allowedViolations, methods, noises, population, promiseKept } from '../evaluation/draws.ts';

/**
 * `npm run bench -- promise [--draws 1000] [--scores scored.jsonl] [--calibration 1000] [--json]`: is the promise kept?
 * Draws calibration sets from made-up traffic with rising and flat noise, or from stored scores (one `Scored` a line),
 * and prints for each method the mean coverage and the share of draws in which the served calls disagree more often
 * than epsilon. Exit code 1 where `certify` exceeds delta by more than two standard errors.
 */
const { values } = parseArgs({
  options: {
    draws: { type: 'string', default: '1000' },
    calibration: { type: 'string' },
    scores: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const draws = Number(values.draws);
const delta = 0.05;

interface Line {
  readonly traffic: string;
  readonly epsilon: number;
  readonly calibration: number;
  readonly allowed: number;
  readonly results: ReturnType<typeof promiseKept>;
}

const lines: Line[] = [];
for (const { name, rows } of sources()) {
  for (const [epsilon, calibration] of sizes()) {
    const trial = { epsilon, delta, calibration, validation: calibration, draws, seed: 1 };
    const line = {
      traffic: name,
      epsilon,
      calibration,
      allowed: allowedViolations(trial),
      results: promiseKept(rows, trial),
    };
    lines.push(line);
    if (!values.json) console.log(describe(line));
  }
}
if (values.json) console.log(JSON.stringify({ draws, delta, lines }));
const broken = lines.filter((line) => line.results.certify.violations > line.allowed);
if (broken.length > 0) {
  console.error(`The promise is not kept on ${broken.map((line) => line.traffic).join(', ')}.`);
  process.exitCode = 1;
}

function sources(): { name: string; rows: Scored[] }[] {
  if (values.scores !== undefined) {
    const text = readFileSync(values.scores, 'utf8').trim();
    return [{ name: values.scores, rows: text.split('\n').map((line) => JSON.parse(line) as Scored) }];
  }
  const made = Object.entries(noises).map(([name, noise]) => ({ name, rows: population(noise) }));
  return [...made, { name: 'rising, few levels', rows: population(noises['rising']!, { levels: 12 }) }];
}

function sizes(): [number, number][] {
  if (values.calibration !== undefined)
    return [0.01, 0.02, 0.05].map((epsilon) => [epsilon, Number(values.calibration)]);
  return [
    [0.02, 500],
    [0.02, 2000],
    [0.05, 500],
  ];
}

function describe({ traffic, epsilon, calibration, allowed, results }: Line): string {
  const cells = methods.map((method) => {
    const { coverage, violations } = results[method];
    return `${method} ${(coverage * 100).toFixed(0)}%/${violations > allowed ? '!' : ''}${(violations * 100).toFixed(1)}%`;
  });
  return `${traffic.padEnd(20)} eps ${epsilon} n ${String(calibration).padEnd(4)} coverage/broken: ${cells.join('  ')}`;
}
