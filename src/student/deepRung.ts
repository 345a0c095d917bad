import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Dataset, Example } from '../dataset/example.ts';
import { spread } from '../dataset/habit.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { DeepFiles } from './bundle.ts';
import { decode, type Evidence } from './decode.ts';
import type { DeepData, DeepPrediction } from './deep/data.ts';
import { chooseDeepDevice, estimateDeep } from './deep/estimate.ts';
import type { Ended } from './deep/fit.ts';
import { loadDeep } from './deep/model.ts';
import { cnn, type DeepSpec, defaultSpec, defaultTraining, type EncoderSpec, largeCnn } from './deep/spec.ts';
import { type DeepTraining, trainDeep } from './deep/train.ts';
import { type ChosenDevice, chosenDevice } from './finished.ts';
import { askDeep, deepDataOf, fitMixture, isPlanned, type Mixture, mix, retagger } from './mixture.ts';
import { judgeReasoning, type ReasoningTrial, withReasoning } from './reasoning.ts';
import type { Device, DeviceChoice, TrainOptions } from './student.ts';
import { schemeOf } from './tagger/scheme.ts';
import type { Trial, Tried } from './wide/train.ts';
import type { WideRung } from './wideRung.ts';

/** The deep rung on top of the wide one, with what both say of rows that neither was trained on. */
export interface DeepRung {
  /** The networks that serve; label tasks train them only now, on the rows that the rung was given or on others. */
  readonly files: (others?: readonly Example[]) => Promise<DeepFiles>;
  /** Whether the teacher's reasoning is learned beside the answers; null where there is none to learn. */
  readonly reasoning: ReasoningTrial | null;
  /** Held-out rows: by the wide rung alone, and by both. */
  readonly known: readonly TriedTwice[];
  /** The wide rung's trial as both rungs see it; null where a network of its own would take minutes. */
  readonly trial: Trial<Evidence> | null;
}

export interface TriedTwice extends Tried<Evidence> {
  readonly wide: Evidence;
}

export interface DeepWork {
  readonly device: DeviceChoice;
  readonly seed: number;
  /** Passes over the rows; null: as many as the number of rows asks for. */
  readonly epochs: number | null;
  /** Names data and seed: a checkpoint of another run is not gone on from. */
  readonly key: string;
  readonly options: TrainOptions;
}

/**
 * A pilot network that never saw the held-out rows tells how the two rungs are to be mixed and how often they are right,
 * and one that the trial's classes were hidden from as well, how sure both are of what is strange to them; the networks
 * that serve are then trained on every row, if the rung is taken. Where spans are copied further trainings would take
 * minutes: there the networks that serve are their own pilot and never see the held-out rows.
 */
export async function trainDeepRung(
  examples: readonly Example[],
  rung: WideRung,
  dataset: Dataset,
  work: DeepWork,
): Promise<DeepRung> {
  const { plan, inputSlots } = dataset;
  const copies = schemeOf(plan) !== null;
  const spec = specFor(examples.length, copies, work);
  const out = new Set(rung.held);
  const inside = examples.filter((_, i) => !out.has(i));
  const held = rung.held.map((i) => examples[i]!);
  const planned = (said: readonly DeepPrediction[]) => said.filter((_, h) => isPlanned(held[h]!));
  const learning = deepDataOf(plan, inputSlots, inside, held);
  const serving = copies ? learning : deepDataOf(plan, inputSlots, examples, watched(dataset));
  const { device, reason: deviceReason } = await deviceFor(serving, spec, work);
  const train = async (data: DeepData, own: DeepSpec, part: Omit<Part, 'device'>) => {
    const training = await fit(data, own, work, { device, ...part });
    return { training, said: await ask(training, held, dataset) };
  };
  const small = { ...spec, encoders: [cnn] };
  const first = () =>
    copies
      ? train(serving, spec, { name: '', from: 0.35, to: 0.84 })
      : train(learning, small, { name: 'pilot', from: 0.35, to: 0.46 });
  const second = () =>
    copies || rung.trial.turns !== 1 ? null : askStrangers(examples, rung, dataset, { work, small, device });
  const [plain, strangers] = await together(device, first, second);
  const told = copies ? null : withReasoning(learning, inside.filter(isPlanned));
  const both =
    told === null ? null : await train(told, small, { name: 'pilot-reasoning', from: 0.46, to: 0.48 });
  const reasoning =
    both === null
      ? null
      : judgeReasoning(learning, inside.filter(isReasoned).length, planned(plain.said), planned(both.said));
  const { training: pilot, said } = reasoning?.used === true ? both! : plain;
  const rows = rung.held.map((i, h) => ({ example: held[h]!, wide: rung.outOfFold[i]!, deep: said[h]!, i }));
  const mixture = withTagWeight(fitMixture(plan, rows), rows, rung, dataset);
  return {
    files: async (others) => {
      const data = others === undefined ? serving : deepDataOf(plan, inputSlots, others, []);
      const taught =
        reasoning?.used === true ? withReasoning(data, (others ?? examples).filter(isPlanned)) : null;
      const name = `${others === undefined ? 'final' : 'again'}${taught === null ? '' : '-reasoning'}`;
      const place = others === undefined ? { from: 0.5, to: 0.84 } : { from: 0.9, to: 0.97 };
      const passes = pilot.members[0]!.passes;
      const { files, meta, fine, ...serves } = copies
        ? pilot
        : await fit(taught ?? data, spec, work, { device, name, passes, ...place });
      return { files, meta, mixture, fine, device: serves.device, deviceReason };
    },
    reasoning,
    known: rows.map(({ example, wide, deep, i }) => ({
      row: i,
      wide,
      said: mix(mixture, wide, deep, retagger(rung.taggerOf(i), example.input, inputSlots)),
    })),
    trial: strangers === null ? null : mixedTrial(rung.trial, mixture, strangers),
  };
}

/**
 * Networks that see every row have none to validate them on. Calls kept for calibration show how they do: their loss is
 * told and decides nothing, so that nothing is fitted on them.
 */
function watched({ examples }: Dataset): readonly Example[] {
  return spread(
    examples.filter(({ split }) => split === 'calibration'),
    mostWatched,
  );
}

const mostWatched = 400;

function isReasoned({ reasoning }: Example): boolean {
  return reasoning !== undefined;
}

/** Sessions on a processor share its cores, those on a graphics card would only wait for each other. */
async function together<A, B>(
  device: Device,
  first: () => Promise<A>,
  second: () => Promise<B> | null,
): Promise<[A, B | null]> {
  if (device !== 'cpu') return [await first(), await second()];
  const running = [first(), second()] as const;
  // Where one fails, nobody goes on before the other has ended as well.
  await Promise.allSettled(running);
  return Promise.all(running);
}

interface TrialWork {
  readonly work: DeepWork;
  readonly small: DeepSpec;
  readonly device: Device;
}

/** What a network that saw no more than the wide rung's trial did says of the rows tried there. */
async function askStrangers(
  examples: readonly Example[],
  { held, trial }: WideRung,
  dataset: Dataset,
  { work, small, device }: TrialWork,
): Promise<DeepPrediction[]> {
  const out = new Set([...held, ...trial.strange.map(({ row }) => row)]);
  const inside = examples.filter((_, i) => !out.has(i));
  const known = trial.known.map(({ row }) => examples[row]!);
  const data = deepDataOf(dataset.plan, dataset.inputSlots, inside, known);
  const network = await fit(data, small, work, { device, name: 'trial', from: 0.35, to: 0.46 });
  const tried = [...trial.known, ...trial.strange];
  return ask(
    network,
    tried.map(({ row }) => examples[row]!),
    dataset,
  );
}

/** The wide rung's trial as both rungs see it. */
function mixedTrial(
  { turns, known, strange }: Trial<Evidence>,
  mixture: Mixture,
  deep: readonly DeepPrediction[],
): Trial<Evidence> {
  const mixed = [...known, ...strange].map(({ row, said }, i) => ({
    row,
    said: mix(mixture, said, deep[i]!, null),
  }));
  return { turns, known: mixed.slice(0, known.length), strange: mixed.slice(known.length) };
}

const threads = Math.max(1, Math.floor(availableParallelism() / 2));

async function deviceFor(data: DeepData, spec: DeepSpec, work: DeepWork): Promise<ChosenDevice> {
  const { options } = work;
  const chosen = await chosenDevice('deep', work, () => chooseDeepDevice(data, spec, { threads }));
  const { bytes, steps } = estimateDeep(data, spec);
  const need = Math.ceil(bytes / 1e6);
  options.onProgress({
    stage: 'deep',
    fraction: 0.35,
    message: 'Training networks',
    plan: `${spec.encoders.length} networks on ${chosen.device} (${chosen.reason}): ${steps.toLocaleString('en')} steps, about ${need} MB of memory.`,
  });
  return chosen;
}

/** What is told while networks are trained that do not serve. */
const trials: Readonly<Record<string, string>> = {
  pilot: 'Training a pilot network',
  'pilot-reasoning': 'Training a pilot network',
  trial: 'Training a network that kinds of calls are hidden from',
};

interface Part {
  readonly device: Device;
  /** Names the checkpoints of this training. */
  readonly name: string;
  /** Its place in the whole job, in [0, 1]. */
  readonly from: number;
  readonly to: number;
  /** As many passes as the pilot gained by; left out: its own held-out rows tell. */
  readonly passes?: number;
}

function fit(
  data: DeepData,
  spec: DeepSpec,
  { options, key }: DeepWork,
  { device, name, from, to, passes }: Part,
): Promise<DeepTraining> {
  const again = name.startsWith('again');
  const told = again ? 'Training the networks on the calls kept aside as well' : 'Training the networks';
  return trainDeep(data, spec, {
    device,
    threads,
    signal: options.signal,
    checkpoints: { folder: path.join(options.checkpoints, name), key },
    ...(passes === undefined ? {} : { passes }),
    onProgress: ({ fraction, member, step, loss, validation, ended }) =>
      options.onProgress({
        stage: 'deep',
        fraction: from + (to - from) * fraction,
        message: trials[name] ?? told,
        point: {
          series: name in trials ? name : `${seriesOf(spec, member)}${again ? ' again' : ''}`,
          step,
          loss,
          validation,
          ...(ended === undefined ? {} : { ended: endOf(ended, passes) }),
        },
      }),
  });
}

function endOf({ kept, pass, passes }: Ended, given: number | undefined): string {
  return given === undefined
    ? `pass ${kept} of ${passes} kept: the loss on rows kept aside had not fallen for ${pass - kept} more`
    : `stopped after pass ${kept} of ${passes}, as the pilot gained nothing by more`;
}

/** The kind of a network, with a number where there are several of it. */
function seriesOf({ encoders }: DeepSpec, member: number): string {
  const kind = encoders[member]?.kind ?? 'network';
  const count = (of: readonly EncoderSpec[]): number => of.filter((encoder) => encoder.kind === kind).length;
  return count(encoders) === 1 ? kind : `${kind} ${count(encoders.slice(0, member + 1))}`;
}

async function ask(
  { files, meta }: DeepTraining,
  examples: readonly Example[],
  { inputSlots, plan }: Dataset,
): Promise<DeepPrediction[]> {
  const model = await loadDeep(files, meta, { device: 'cpu', threads: 2 });
  try {
    const inputs = examples.map(({ input }) => input);
    return await askDeep(model, inputs, inputSlots, plan);
  } finally {
    await model.dispose();
  }
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
function specFor(rows: number, copies: boolean, { seed, epochs }: DeepWork): DeepSpec {
  const read = copies ? rowsTagged : rowsLabelled;
  const passes = epochs ?? Math.max(6, Math.min(20, Math.round(read / Math.max(1, rows))));
  return {
    ...defaultSpec,
    seed,
    // Held-out rows: the third network of one kind gains half of what the second does, a transformer beside them nothing for
    // twice the time; where spans are copied the random field does most of the work, and even the second gained nothing.
    encoders: copies ? [cnn] : [largeCnn, largeCnn, largeCnn],
    training: { ...defaultTraining, epochs: passes },
  };
}

/**
 * Rows that a network reads in all its passes. Of labels a third more than of tags, which are more work each: on held-out
 * calls the log loss fell from 0.253 to 0.251, and 89.3 instead of 88.1 % in scope could be served at 1 %.
 */
const rowsLabelled = 240_000;
const rowsTagged = 180_000;
