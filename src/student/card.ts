import type { Dataset, Example } from '../dataset/example.ts';
import { type Given, selfAgreement } from '../evaluation/ceiling.ts';
import type { CertificationOutcome } from '../evaluation/certificate.ts';
import { cacheKey } from './cache.ts';
import { bundleFormat } from './format.ts';
import type { ModelCard, StudentSpec, TrainOptions } from './student.ts';

/** The part of a card that data, spec and outcome decide; what was built is added by the trainer. */
export function cardOf(
  dataset: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
  outcome: CertificationOutcome,
): ModelCard {
  const count = (split: Example['split']): number => dataset.examples.filter((e) => e.split === split).length;
  const provenance: Record<string, number> = {};
  for (const { teacher, split } of dataset.examples)
    if (split === 'train' || split === 'validation') provenance[teacher] = (provenance[teacher] ?? 0) + 1;
  return {
    format: bundleFormat,
    taskId: dataset.taskId,
    taskName: options.taskName,
    version: dataset.version,
    versions: dataset.versions,
    templateHash: dataset.templateHash,
    capabilities: options.capabilities,
    fingerprint: dataset.fingerprint,
    spec,
    rung: 'cache',
    parameters: 0,
    bytes: 0,
    device: 'cpu',
    trainSeconds: 0,
    examples: {
      train: count('train'),
      validation: count('validation'),
      calibration: count('calibration'),
      test: count('test'),
    },
    provenance,
    selfAgreement: selfAgreement(repeatsOf(dataset)),
    terms: options.terms,
    outcome,
    report: null,
    createdMs: options.now(),
    files: {},
  };
}

/** The teacher's answers to each input, oldest first. */
function repeatsOf({ examples, inputSlots }: Dataset): Given[][] {
  const groups = new Map<string, Given[]>();
  for (const { input, callId, answer } of examples) {
    const key = cacheKey(input, inputSlots);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ callId, answer }]);
    else group.push({ callId, answer });
  }
  return [...groups.values()];
}
