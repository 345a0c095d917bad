import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { sha256 } from '../base/hash.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Acceptor } from './acceptor.ts';
import { packArrays, unpackArrays } from './arrays.ts';
import type { Cache } from './cache.ts';
import { type DeepMeta, loadDeep } from './deep/model.ts';
import { bundleFormat } from './format.ts';
import {
  type Generator,
  type GeneratorFiles,
  type GeneratorMeta,
  generatorFiles,
  loadGenerator,
} from './generator/model.ts';
import type { Precision } from './half.ts';
import type { DeepPart, Mixture } from './mixture.ts';
import { type Parts, predictWith } from './predictor.ts';
import type { BundleError, Device, LoadStudent, ModelCard, Student } from './student.ts';
import { taggerFromArrays, taggerToArrays } from './tagger/model.ts';
import type { TagScheme } from './tagger/scheme.ts';
import { wideFromArrays, wideToArrays } from './wide/model.ts';

/**
 * A bundle is a folder: card.json lists every other file with its sha256. It is written beside its place and renamed,
 * so that a folder of that name is always whole; loading checks each hash before anything is used.
 */

const cardName = 'card.json';

/** The deep rung as it is written: networks as files, what a loader needs beside them, and how they are mixed in. */
export interface DeepFiles {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly meta: DeepMeta;
  readonly mixture: Mixture;
  /** Where the networks learned to the end. */
  readonly device: Device;
  readonly deviceReason: string;
  /** The networks with finer weights. */
  readonly fine: () => Readonly<Record<string, Uint8Array>>;
}

/** A student as it was learned: networks and generator are files to be. */
export type LearnedParts = Omit<Parts, 'deep' | 'generator'> & {
  readonly deep: DeepFiles | null;
  readonly generator: GeneratorFiles | null;
};

/** The plain part of a student, as model.json holds it. */
interface Model {
  readonly plan: Parts['plan'];
  readonly inputSlots: readonly string[];
  readonly rung: Parts['rung'];
  readonly acceptor: Acceptor | null;
  readonly blocked: readonly string[];
  readonly tagScheme: TagScheme | null;
  readonly deep: { readonly meta: DeepMeta; readonly mixture: Mixture } | null;
  readonly generator?: GeneratorMeta;
}

/** Writes the parts into `folder` (created, emptied before), with weights of one precision. Returns sha256 and size by file. */
export function writeParts(
  folder: string,
  parts: LearnedParts,
  precision: Precision = 'int8',
): { files: Record<string, string>; bytes: number } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { plan, inputSlots, rung, acceptor, blocked } = parts;
  const tagScheme = parts.tagger?.scheme ?? null;
  const deep = parts.deep === null ? null : { meta: parts.deep.meta, mixture: parts.deep.mixture };
  const generator = parts.generator === null ? {} : { generator: parts.generator.meta };
  const model: Model = { plan, inputSlots, rung, acceptor, blocked, tagScheme, deep, ...generator };
  const contents: Record<string, string | Uint8Array> = {
    'model.json': JSON.stringify(model),
    'cache.json': JSON.stringify(parts.cache),
  };
  if (parts.wide !== null) contents['wide.bin'] = packArrays(wideToArrays(parts.wide, precision));
  if (parts.tagger !== null) contents['tagger.bin'] = packArrays(taggerToArrays(parts.tagger, precision));
  const networks = precision === 'int8' ? parts.deep?.files : parts.deep?.fine();
  Object.assign(contents, networks, parts.generator?.files);
  const files: Record<string, string> = {};
  let bytes = 0;
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(path.join(folder, name), content);
    files[name] = sha256(content);
    bytes += content.length;
  }
  return { files, bytes };
}

/** Reads parts whose files are known to be whole. */
export async function readParts(folder: string, files: Readonly<Record<string, string>>): Promise<Parts> {
  const json = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const arrays = (name: string) =>
    files[name] === undefined ? null : unpackArrays(readFileSync(path.join(folder, name)));
  const { tagScheme, deep, generator, ...model } = json('model.json') as Model;
  const [wide, tags] = [arrays('wide.bin'), arrays('tagger.bin')];
  return {
    ...model,
    cache: json('cache.json') as Cache,
    deep: deep === null ? null : await openDeep(folder, deep),
    generator: generator === undefined ? null : await openGenerator(folder, generator),
    wide: wide === null ? null : wideFromArrays(wide),
    tagger: tags === null || tagScheme === null ? null : taggerFromArrays(tagScheme, tags),
  };
}

async function openDeep(folder: string, { meta, mixture }: NonNullable<Model['deep']>): Promise<DeepPart> {
  const files = Object.fromEntries(meta.members.map(({ file }) => [file, path.join(folder, file)]));
  return { model: await loadDeep(files, meta, { threads: 1 }), mixture };
}

function openGenerator(folder: string, meta: GeneratorMeta): Promise<Generator> {
  const files = Object.values(generatorFiles).map((file) => [file, path.join(folder, file)]);
  return loadGenerator(Object.fromEntries(files), meta, { threads: 1 });
}

/** Lets go of what a student holds outside of this process's heap. */
export async function disposeParts({ deep, generator }: Parts): Promise<void> {
  await deep?.model.dispose();
  await generator?.dispose();
}

/** Puts the card into a folder of parts and moves it to its place, whole. */
export function sealBundle(folder: string, target: string, card: ModelCard): void {
  writeFileSync(path.join(folder, cardName), JSON.stringify(card, null, 1));
  mkdirSync(path.dirname(target), { recursive: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
}

/** Loads a bundle after checking every hash; `damaged` names the file that is not what the card says. */
export const loadStudent: LoadStudent = async (folder) => {
  const card = readCard(folder);
  if (!card.ok) return card;
  for (const [name, hash] of Object.entries(card.value.files)) {
    const found = hashOf(path.join(folder, name));
    if (found === hash) continue;
    const what = found === null ? 'is missing' : 'is not the file that was certified';
    return fail({ code: 'damaged', message: `${name} of the bundle ${what}.` });
  }
  return ok(studentOf(card.value, await readParts(folder, card.value.files)));
};

function studentOf(card: ModelCard, parts: Parts): Student {
  return {
    card,
    predict: (inputs) => predictWith(parts, inputs),
    dispose: () => disposeParts(parts),
  };
}

function readCard(folder: string): Result<ModelCard, BundleError> {
  let text: string;
  try {
    text = readFileSync(path.join(folder, cardName), 'utf8');
  } catch {
    return fail({ code: 'missing', message: `There is no bundle at ${folder}.` });
  }
  try {
    const card = JSON.parse(text) as Omit<ModelCard, 'format'> & { readonly format: number };
    const { format } = card;
    if (format === bundleFormat) return ok({ ...card, format });
    if (format < bundleFormat)
      return fail({
        code: 'too-old',
        message: `The student was trained by an older version (format ${format}): train it again.`,
      });
    return fail({
      code: 'too-new',
      message: `The student was trained by a newer version (format ${format}): update Understudy, or train it again.`,
    });
  } catch {
    return fail({ code: 'damaged', message: 'card.json of the bundle is not readable.' });
  }
}

/** Read in pieces: whole files would stay in memory until the next collection, and bundles come one after another. */
function hashOf(file: string): string | null {
  const piece = Buffer.allocUnsafe(1 << 16);
  const hash = createHash('sha256');
  try {
    const handle = openSync(file, 'r');
    try {
      for (let n = readSync(handle, piece); n > 0; n = readSync(handle, piece))
        hash.update(piece.subarray(0, n));
    } finally {
      closeSync(handle);
    }
    return hash.digest('hex');
  } catch {
    return null; // Missing or unreadable: the caller says which.
  }
}
