import { availableParallelism } from 'node:os';
import type { Dataset, Example } from '../dataset/example.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { DeepFiles } from './bundle.ts';
import { decode, type Evidence } from './decode.ts';
import type { DeepPrediction } from './deep/data.ts';
import { chooseDeepDevice, estimateDeep } from './deep/estimate.ts';
import { loadDeep } from './deep/model.ts';
import { cnn, type DeepSpec, defaultSpec, defaultTraining, largeCnn } from './deep/spec.ts';
import { trainDeep } from './deep/train.ts';
import { askDeep, deepDataOf, fitMixture, type Mixture, mix, retagger } from './mixture.ts';
import type { Device, DeviceChoice, TrainOptions } from './student.ts';
import type { WideRung } from './wideRung.ts';

/** The deep rung on top of the wide one, with the evidence of both on rows that neither was trained on. */
export interface DeepRung {
  readonly files: DeepFiles;
  readonly parameters: number;
  readonly device: Device;
  /** Indices into the training examples. */
  readonly held: readonly number[];
  readonly evidence: readonly Evidence[];
}

export interface DeepWork {
  readonly device: DeviceChoice;
  readonly seed: number;
  /** Passes over the rows; null: as many as the number of rows asks for. */
  readonly epochs: number | null;
  readonly options: TrainOptions;
}

/** Trains the networks on all but the held-out rows, which stop the training and fit the mixture. */
export async function trainDeepRung(
  examples: readonly Example[],
  held: readonly number[],
  rung: WideRung,
  dataset: Dataset,
  { device: choice, seed, epochs, options }: DeepWork,
): Promise<DeepRung> {
  const { plan, inputSlots } = dataset;
  const outside = new Set(held);
  const rest = examples.filter((_, i) => !outside.has(i));
  const own = held.map((i) => examples[i]!);
  const data = deepDataOf(plan, inputSlots, rest, own);
  const spec = specFor(rest.length, seed, epochs);
  const threads = Math.max(1, Math.floor(availableParallelism() / 2));
  const { bytes, steps } = estimateDeep(data, spec);
  const device = choice === 'auto' ? (await chooseDeepDevice(data, spec, { threads })).device : choice;
  const need = Math.ceil(bytes / 1e6);
  options.onProgress({
    stage: 'deep',
    fraction: 0.35,
    message: `Training ${spec.encoders.length} networks on ${device}: ${steps} steps, about ${need} MB of memory`,
  });
  const trained = await trainDeep(data, spec, {
    device,
    threads,
    signal: options.signal,
    checkpoints: { folder: options.checkpoints, key: `${dataset.fingerprint}/${seed}` },
    onProgress: ({ fraction, step, loss, validation }) =>
      options.onProgress({
        stage: 'deep',
        fraction: 0.35 + 0.4 * fraction,
        message: 'Training the networks',
        point: { step, loss, validation },
      }),
  });
  const model = await loadDeep(trained.files, trained.meta, { device: 'cpu', threads: 2 });
  const said = await askDeep(
    model,
    own.map((example) => example.input),
    inputSlots,
    plan,
  );
  await model.dispose();
  const rows = held.map((i, h) => ({ example: examples[i]!, wide: rung.outOfFold[i]!, deep: said[h]!, i }));
  const mixture = withTagWeight(fitMixture(plan, rows), rows, rung, dataset);
  const evidence = rows.map(({ example, wide, deep, i }) =>
    mix(mixture, wide, deep, retagger(rung.taggerOf(i), example.input, inputSlots)),
  );
  return {
    files: { files: trained.files, meta: trained.meta, mixture },
    parameters: trained.meta.parameters,
    device,
    held,
    evidence,
  };
}

interface HeldRow {
  readonly example: Example;
  readonly wide: Evidence;
  readonly deep: DeepPrediction;
  readonly i: number;
}

/** How much the random field listens to the networks: what gives the most whole answers right on held-out rows. */
function withTagWeight(
  mixture: Mixture,
  rows: readonly HeldRow[],
  rung: WideRung,
  { plan, inputSlots }: Dataset,
): Mixture {
  if (rung.tagger === null) return mixture;
  const tried = [0, 0.5, 1, 1.5, 2].map((tagWeight) => {
    const candidate = { ...mixture, tagWeight };
    const right = rows.filter(({ example, wide, deep, i }) => {
      const evidence = mix(candidate, wide, deep, retagger(rung.taggerOf(i), example.input, inputSlots));
      const { answer } = decode(plan, evidence, example.input);
      return answer !== null && answersAgree(answer, example.answer);
    });
    return { candidate, right: right.length };
  });
  return tried.reduce((best, next) => (next.right > best.right ? next : best)).candidate;
}

/** Fewer passes over more rows: about the same number of steps. */
function specFor(rows: number, seed: number, given: number | null): DeepSpec {
  const epochs = given ?? Math.max(6, Math.min(20, Math.round(130000 / Math.max(1, rows))));
  return {
    ...defaultSpec,
    seed,
    // On held-out rows a transformer beside these two gained nothing for twice the time.
    encoders: [cnn, largeCnn],
    training: { ...defaultTraining, epochs },
  };
}
