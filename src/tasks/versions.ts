import { boundsIn } from './bounds.ts';
import { describeChange } from './change.ts';
import { modelEras } from './eras.ts';
import type { Family } from './family.ts';
import type { OutputShape, TaskVersion, Template, Toolset } from './task.ts';
import { templateHash } from './template.ts';

/** One version and the calls of its family that belong to it (indices into the family's digests). */
export interface VersionCalls {
  readonly version: TaskVersion;
  readonly family: Family;
  readonly indices: readonly number[];
}

/** Versions of a task: its families in order of time, each split where the teacher's model changed. */
export function buildVersions(families: readonly Family[], output: OutputShape): readonly VersionCalls[] {
  const drafts = families.flatMap((family) => {
    const calls = family.digests.map((digest) => digest.call);
    const eras = modelEras(calls);
    const groups = new Map<number, number[]>();
    eras.forEach((era, i) => {
      const group = groups.get(era);
      if (group === undefined) groups.set(era, [i]);
      else group.push(i);
    });
    return [...groups.values()].map((indices) => ({ family, indices }));
  });
  const at = ({ family, indices }: (typeof drafts)[number], k: number): number =>
    family.digests[indices.at(k)!]!.call.trace.startMs;
  drafts.sort((a, b) => at(a, 0) - at(b, 0));
  const built: VersionCalls[] = [];
  for (const draft of drafts) {
    const { family, indices } = draft;
    const calls = indices.map((i) => family.digests[i]!.call);
    const toolset = toolsetOf(family);
    const format = family.digests[0]!.format;
    const template: Template = {
      messages: family.messages,
      turns: family.turns,
      hash: templateHash(family.messages, family.turns, toolset, format),
    };
    const before = built.at(-1);
    const version: TaskVersion = {
      version: built.length + 1,
      template,
      toolset,
      outputFormat: format,
      bounds: boundsIn(calls.map((call) => call.request)),
      models: [...new Set(calls.map((call) => call.request.model))],
      calls: calls.length,
      firstMs: at(draft, 0),
      lastMs: at(draft, -1),
      change: null,
    };
    const fresh = { version, family, indices };
    const change = before === undefined ? null : describeChange(before, fresh, output);
    built.push({ ...fresh, version: { ...version, change } });
  }
  return built;
}

export function toolsetOf(family: Family): Toolset {
  return family.varying
    ? { kind: 'varying', example: family.tools.tools }
    : { kind: 'fixed', hash: family.tools.hash, tools: family.tools.tools };
}
