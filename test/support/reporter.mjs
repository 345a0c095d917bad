// A quiet reporter for node:test: failures in full, one line per slow file, and the plain closing line.
import path from 'node:path';

export default async function* reporter(source) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const reasons = new Map();
  for await (const event of source) {
    if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message;
    const isSuite = event.data?.details?.type === 'suite';
    const isFile = event.data?.name?.endsWith('.test.ts') && event.data.nesting === 0;
    if (event.type === 'test:pass' && !isSuite) {
      if (isFile && event.data.details.duration_ms > 5000)
        yield `  ${event.data.name}: ${(event.data.details.duration_ms / 1000).toFixed(1)} s\n`;
      if (isFile) continue;
      if (event.data.skip !== undefined) {
        skipped++;
        const reason = String(event.data.skip || 'no reason given')
          .split('\n')[0]
          .slice(0, 100);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      } else passed++;
    }
    if (event.type === 'test:fail' && !isSuite) {
      const error = event.data.details.error;
      if (isFile && error?.code === 'ERR_TEST_FAILURE' && error.failureType === 'subtestsFailed') continue;
      failed++;
      const cause = error?.cause ?? error;
      yield `FAILED ${path.basename(event.data.file ?? '')} > ${event.data.name}\n${cause?.stack ?? cause?.message ?? cause}\n\n`;
    }
  }
  for (const [reason, count] of reasons) yield `skipped ${count}: ${reason}\n`;
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
