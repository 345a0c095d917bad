import { AppError } from '../../base/error.ts';
import { lower } from '../../onnx/lower.ts';
import { openModel } from '../../onnx/session.ts';
import { sizeOf } from '../../tensor/graph.ts';
import { countOf } from '../../tensor/parameters.ts';
import { type Writer, writerParameters } from './network.ts';
import type { PieceTable } from './pieces.ts';
import { readingGraph, writingGraph } from './program.ts';
import { type WrittenText, writeTexts } from './write.ts';

/** What a loader needs beside the ONNX files; plain JSON. */
export interface GeneratorMeta {
  readonly format: 1;
  readonly table: PieceTable;
  readonly parameters: number;
}

/** A trained generator as files. */
export interface GeneratorFiles {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly meta: GeneratorMeta;
}

export const generatorFiles = { reading: 'reader.onnx', writing: 'writer.onnx' } as const;

/** What is written for one input: a text by the name of its slot, none where it could not be written. */
export type Texts = ReadonlyMap<string, WrittenText>;

export interface Generator {
  readonly meta: GeneratorMeta;
  /** One result per input, in order; an input is the texts of its slots. */
  write(inputs: readonly (readonly string[])[]): Promise<Texts[]>;
  dispose(): Promise<void>;
}

/** The two graphs that serve, each with the parameters that it reads. */
export function exportGenerator(writer: Writer, packed: Float32Array): GeneratorFiles {
  const embed: Record<string, Float32Array> = {};
  let start = 0;
  const specs = writerParameters(writer);
  for (const { name, shape } of specs) {
    embed[name] = packed.subarray(start, start + sizeOf(shape));
    start += sizeOf(shape);
  }
  return {
    files: {
      [generatorFiles.reading]: lower(readingGraph(writer, true), { embed }).bytes,
      [generatorFiles.writing]: lower(writingGraph(writer, true), { embed }).bytes,
    },
    meta: { format: 1, table: writer.table, parameters: countOf(specs) },
  };
}

/** Opens a generator from bytes or paths. Throws an AppError where a file is missing. */
export async function loadGenerator(
  files: Readonly<Record<string, Uint8Array | string>>,
  meta: GeneratorMeta,
  options: { readonly threads?: number } = {},
): Promise<Generator> {
  const open = (name: string) => {
    const model = files[name];
    if (model === undefined) throw new AppError('bundle-damaged', `The student has no file ${name}.`);
    return openModel(model, 'cpu', options);
  };
  const [reading, writing] = [await open(generatorFiles.reading), await open(generatorFiles.writing)];
  const { slots } = meta.table;
  return {
    meta,
    write: async (inputs) => {
      const asked = inputs.flatMap((texts) => slots.map((_, slot) => ({ texts, slot })));
      const written = await writeTexts({ reading, writing }, meta.table, asked);
      return inputs.map(
        (_, i) =>
          new Map(
            slots.flatMap(({ name }, slot) => {
              const text = written[i * slots.length + slot] ?? null;
              return text === null ? [] : [[name, text] as const];
            }),
          ),
      );
    },
    dispose: async () => {
      await reading.dispose();
      await writing.dispose();
    },
  };
}
