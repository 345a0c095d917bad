import { anthropicBatch } from './anthropicBatch.ts';
import { helicone } from './helicone.ts';
import { langfuse } from './langfuse.ts';
import { langsmith } from './langsmith.ts';
import { litellm } from './litellm.ts';
import { fineTuning, openaiBatch, preference, storedCompletions } from './openaiFiles.ts';
import { otlp } from './otlpFile.ts';
import type { Importer } from './record.ts';
import { sharegpt } from './sharegpt.ts';
import { traffic } from './trafficFile.ts';

/** All formats, the most particular shapes first. */
export const importers: readonly Importer[] = [
  traffic,
  anthropicBatch,
  openaiBatch,
  storedCompletions,
  preference,
  helicone,
  langfuse,
  langsmith,
  litellm,
  otlp,
  sharegpt,
  fineTuning,
];
