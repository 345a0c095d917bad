import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Scored } from '../../src/evaluation/prediction.ts';
import {
  allowedViolations,
  burstsKept,
  burstyPopulation,
  methods,
  noises,
  population,
  promiseKept,
} from '../evaluation/draws.ts';

/**
 * `npm run bench -- promise [--draws 1000] [--scores F.jsonl] [--calibration 1000] [--json F]`: is the promise kept?
 * Draws calibration sets from made-up traffic with rising and flat noise, or from stored scores (`Scored` rows, or the
 * predictions that `replay` writes), and prints for each method the mean coverage and the share of draws in which the
 * served calls disagree more often than epsilon. Exit code 1 where `certify` exceeds delta by more than two standard
 * errors.
 */
const { values } = parseArgs({
  options: {
    draws: { type: 'string', default: '1000' },
    calibration: { type: 'string' },
    scores: { type: 'string' },
    json: { type: 'string' },
  },
});
if (values.scores !== undefined && !existsSync(values.scores)) {
  console.error(`There is no file ${values.scores}.`);
  process.exit(2);
}
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
const bursts: { name: string; rows: number; once: number; allowed: number }[] = [];
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
    console.log(describe(line));
  }
}

if (values.scores === undefined) {
  const trial = { epsilon: 0.02, delta, calibration: 500, validation: 500, draws, seed: 1 };
  for (const name of ['rising', 'flat just above 2 %']) {
    const kept = burstsKept(burstyPopulation(noises[name]!), trial);
    console.log(
      `${`bursts, ${name}`.padEnd(32)} broken: row by row ${percent(kept.rows)}, once per burst ${percent(kept.once)}`,
    );
    bursts.push({ name, ...kept, allowed: allowedViolations(trial) });
  }
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ draws, delta, lines, bursts }));
const broken = lines.filter((line) =>
  (['certify', 'each', 'joint'] as const).some((method) => line.results[method].violations > line.allowed),
);
if (broken.length > 0) {
  console.error(`The promise is not kept on ${broken.map((line) => line.traffic).join(', ')}.`);
  process.exitCode = 1;
}
if (bursts.some((each) => each.once > each.allowed)) {
  console.error('The promise is not kept where calls come in bursts.');
  process.exitCode = 1;
}

function sources(): { name: string; rows: Scored[] }[] {
  if (values.scores !== undefined) {
    return [{ name: path.basename(values.scores), rows: storedScores(values.scores) }];
  }
  const made = Object.entries(noises).map(([name, noise]) => ({ name, rows: population(noise) }));
  return [...made, { name: 'rising, few levels', rows: population(noises['rising']!, { levels: 12 }) }];
}

/** `Scored` rows, or the predictions that `replay --predictions` writes (`agree` null: no answer). */
function storedScores(file: string): Scored[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line, i) => {
    const row = JSON.parse(line) as Partial<Omit<Scored, 'agree'>> & { agree?: boolean | null };
    return {
      callId: row.callId ?? String(i),
      atMs: row.atMs ?? i,
      confidence: row.confidence ?? 0,
      agree: row.agree === true,
      answered: row.answered ?? typeof row.agree === 'boolean',
      bucket: row.bucket ?? 'all',
      cached: row.cached ?? false,
    };
  });
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

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function describe({ traffic, epsilon, calibration, allowed, results }: Line): string {
  const cells = methods.map((method) => {
    const { coverage, violations } = results[method];
    return `${method} ${(coverage * 100).toFixed(0)}%/${violations > allowed ? '!' : ''}${(violations * 100).toFixed(1)}%`;
  });
  return `${traffic.padEnd(20)} eps ${epsilon} n ${String(calibration).padEnd(4)} coverage/broken: ${cells.join('  ')}`;
}
