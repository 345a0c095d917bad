import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Dataset, Example } from '../dataset/example.ts';
import type { TextSlot } from '../dataset/plan.ts';
import { shortSlots } from '../dataset/planSlots.ts';
import { chooseDevice } from '../onnx/devices.ts';
import { openCheckpoints } from './checkpoint.ts';
import { wherePossible } from './deep/trainer.ts';
import { chosenDevice } from './finished.ts';
import { tasksOf } from './generator/batch.ts';
import { fitGenerator } from './generator/fit.ts';
import { learnPieces, type Writing } from './generator/learnPieces.ts';
import { exportGenerator, type GeneratorFiles, loadGenerator, type Texts } from './generator/model.ts';
import type { Writer } from './generator/network.ts';
import { defaultGenerator, type GeneratorSpec } from './generator/spec.ts';
import { estimateFit, measureStep } from './generator/trainer.ts';
import type { Told } from './generator/write.ts';
import { textsOf } from './predictor.ts';
import type { Device, DeviceChoice, TrainOptions } from './student.ts';

/** A trained generator, with what it writes for rows that it never saw. */
export interface GeneratorRung {
  readonly files: GeneratorFiles;
  /** Where it learned to the end. */
  readonly device: Device;
  readonly deviceReason: string;
  /** What it writes for the examples of these row numbers. */
  readonly textsOf: (rows: readonly number[]) => Promise<ReadonlyMap<number, Texts>>;
}

/** Why there is none, in words. */
export interface NoGenerator {
  readonly reason: string;
}

export interface GeneratorWork {
  readonly held: readonly number[];
  readonly device: DeviceChoice;
  readonly seed: number;
  /** Names data and seed: a checkpoint of another run is not gone on from. */
  readonly key: string;
  readonly options: TrainOptions;
  /** Its part of the whole job, in [0, 1]. */
  readonly from: number;
  readonly to: number;
  /** What differs from the defaults. */
  readonly changes: Partial<GeneratorSpec>;
}

/** Fewer texts teach nobody to write. */
const leastTexts = 120;
/** Held-out texts looked at while training. */
const mostTold = 200;
const threads = Math.max(1, Math.floor(availableParallelism() / 2));

/**
 * Trains a generator for the short texts of a plan on the rows that are not held out. It is its own pilot: where hardly
 * any held-out text is written exactly after a third of the steps, it stops and says so.
 */
export async function trainGeneratorRung(
  examples: readonly Example[],
  { plan, inputSlots }: Dataset,
  { held, device: wanted, seed, key, options, from, to, changes }: GeneratorWork,
): Promise<GeneratorRung | NoGenerator> {
  const slots = shortSlots(plan);
  const out = new Set(held);
  const writings = examples.flatMap((example, i) =>
    out.has(i) || example.weight === 0 ? [] : writingsOf(example, slots, inputSlots),
  );
  const names = slots.map(({ name }) => name).join(', ');
  if (writings.length < leastTexts)
    return {
      reason: `There are only ${writings.length} texts of ${names} to learn from: too few to write them.`,
    };
  const table = learnPieces(writings, slots);
  const spec = { ...defaultGenerator, seed, ...changes };
  const writer: Writer = { spec, table };
  const tasks = tasksOf(table, writings);
  const told = held
    .flatMap((i) => writingsOf(examples[i]!, slots, inputSlots))
    .slice(0, mostTold)
    .flatMap((asked): Told[] => tasksOf(table, [asked]).map((task) => ({ task, asked })));
  if (tasks.length < 0.3 * writings.length || told.length === 0) return { reason: cannotWrite(names) };
  const { device: chosen, reason: deviceReason } = await chosenDevice(
    'generator',
    { device: wanted, key, options },
    () => chooseDevice((one) => measureStep(writer, tasks, one, threads)),
  );
  const { bytes, steps: most } = estimateFit(writer, tasks);
  const say = (fraction: number, message: string) => ({
    stage: 'deep' as const,
    fraction: from + (to - from) * fraction,
    message,
  });
  const need = Math.ceil(bytes / 1e6);
  options.onProgress({
    ...say(0, `Learning to write ${names}`),
    plan: `A generator on ${chosen} (${deviceReason}): at most ${most.toLocaleString('en')} steps, about ${need} MB of memory.`,
  });
  const store = openCheckpoints(
    path.join(options.checkpoints, 'generator'),
    `${key}/${JSON.stringify(spec)}`,
  );
  const fit = (on: Device) =>
    fitGenerator(writer, tasks, told, {
      device: on,
      threads,
      signal: options.signal,
      checkpoint: { store, everyMs: 10_000 },
      onLook: ({ fraction, step, loss, validation, exact, ended }) =>
        options.onProgress({
          ...say(fraction, `Writing ${(100 * exact).toFixed(0)} % of the held-out texts exactly`),
          point: { series: 'generator', step, loss, validation, ...(ended === undefined ? {} : { ended }) },
        }),
    });
  const { learned, device } = await wherePossible(chosen, fit, () => store.clear('generator'));
  if (learned.packed === null) return { reason: cannotWrite(names) };
  const files = exportGenerator(writer, learned.packed);
  return {
    files,
    device,
    deviceReason,
    textsOf: async (rows) => {
      const generator = await loadGenerator(files.files, files.meta, { threads });
      try {
        const texts = await generator.write(rows.map((i) => textsOf(examples[i]!.input, inputSlots)));
        return new Map(rows.map((row, k) => [row, texts[k]!]));
      } finally {
        await generator.dispose();
      }
    },
  };
}

function cannotWrite(names: string): string {
  return `${names} is free text: a small student that tried to write it from the input gave hardly any held-out text exactly, so these calls stay with the teacher.`;
}

function writingsOf(
  { input, targets, weight }: Example,
  slots: readonly TextSlot[],
  inputSlots: readonly string[],
): (Writing & { readonly weight: number })[] {
  return slots.flatMap(({ name }, slot) => {
    const target = targets?.[name];
    return target?.kind === 'text'
      ? [{ texts: textsOf(input, inputSlots), slot, value: target.text, weight }]
      : [];
  });
}
