// The project that the workbench opens: the sample application, and a file with a client that has its URL in the code.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const hardCoded = (url) => `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${url}/v1',
  apiKey: process.env.OPENAI_API_KEY,
});

export async function summarise(text: string): Promise<string | null> {
  const completion = await client.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: text }],
  });
  return completion.choices[0]?.message.content ?? null;
}
`;

const python = (url) => `from openai import OpenAI

client = OpenAI(base_url="${url}/v1")


def classify(text):
    return client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": text}],
    )
`;

/**
 * Copies the sample into `folder` with this repository's packages, and adds two files whose clients have the upstream's
 * URL in the code, for the quick fixes.
 */
export function createProject(root, folder, upstream) {
  mkdirSync(folder, { recursive: true });
  for (const file of ['app.mjs', 'package.json', 'requests.jsonl.gz']) {
    cpSync(path.join(root, 'sample', file), path.join(folder, file));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'summarise.ts'), hardCoded(upstream));
  writeFileSync(path.join(folder, 'classify.py'), python(upstream));
  return folder;
}

/** The embedded teacher as a process of its own; resolves when it listens. */
export async function startTeacher(tools, root) {
  const child = spawn(
    tools.node,
    [path.join(root, 'dist/understudy.cjs'), 'teacher', '--port', '0', '--delay', '5'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`the teacher ended with ${code}`)));
  });
  return { urls: { openai: ready.openai, anthropic: ready.anthropic }, stop: () => child.kill('SIGTERM') };
}
