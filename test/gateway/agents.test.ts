import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCodingAgent } from '../../src/gateway/headers.ts';
import { startFakeTeacher } from '../support/fakeTeacher.ts';
import { startTestGateway } from '../support/testGateway.ts';

const agents = [
  'claude-cli/2.0.1 (external, cli)',
  'claude-cli/1.0.119 (external, sdk-ts)',
  'codex_cli_rs/0.40.0 (Mac OS 15.5.0; arm64) iTerm.app/3.5',
  'codex_vscode/0.4.2 (Windows 10.0)',
  'GeminiCLI/0.9.0/gemini-2.5-pro (linux; x64)',
  'GeminiCLI-a2a-server/0.9.0 (linux; x64)',
  'GitHubCopilotChat/0.33.1',
  'GitHub-Copilot-CLI/0.0.340',
  'opencode/0.14.1 ai-sdk/provider-utils/3.0.10',
  'RooCode/3.28.1',
  'Kilo-Code/4.99.0',
  'Cline/3.32.0',
  'QwenCode/0.0.14 (linux; x64)',
  'Zed/0.205.0 (linux; x86_64)',
  'goose/1.9.3',
  'Charm Crush/0.10.0',
  'crush',
  'factory-cli/0.19.3',
  'KiroCLI/1.20.0',
];
const programs = [
  'OpenAI/JS 6.49.0',
  'OpenAI/Python 1.99.1',
  'Anthropic/JS 1.12.0',
  'ai/6.0.326 ai-sdk/provider-utils/4.0.0 runtime/node.js/24',
  'google-genai-sdk/2.32.0 gl-node/v24',
  'ollama/0.6.4 (x64 linux Node.js/v24)',
  'factory-planner/1.0',
  'continuous-batch/2',
  'ampere-service/1.0',
  'zedtech/3.1',
  'copilot-for-nurses-backend/1.0',
  'node',
];

test('a coding agent is known by its user agent, and no ordinary client is taken for one', () => {
  const known = (agent: string): boolean =>
    isCodingAgent(['Host', 'x', 'User-Agent', agent, 'Content-Type', 'application/json']);
  assert.deepEqual(
    agents.filter((agent) => !known(agent)),
    [],
  );
  assert.deepEqual(programs.filter(known), []);
});

test('an agent that leaves its client there is known by the name it gives itself', () => {
  const client = ['user-agent', 'OpenAI/JS 5.12.2'];
  for (const title of [
    ['X-Title', 'Cline'],
    ['x-title', 'Roo Code'],
    ['originator', 'codex_cli_rs'],
  ])
    assert.ok(isCodingAgent([...client, ...title]), title[1]);
  for (const title of [
    ['X-Title', 'Our shop'],
    ['x-titles', 'Cline'],
    ['originator', 'billing'],
  ])
    assert.ok(!isCodingAgent([...client, ...title]), title[1]);
  assert.ok(!isCodingAgent([]));
});

test('the traffic of an agent is recorded where the user asks for it, and passes through either way', async () => {
  const teacher = await startFakeTeacher();
  for (const recordAgents of [false, true]) {
    const gateway = await startTestGateway({ recordAgents, upstreams: { openai: teacher.url } });
    const response = await fetch(`${gateway.base}/openai/v1/chat/completions`, {
      method: 'POST',
      body: '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
      headers: { 'user-agent': agents[0]! },
    });
    assert.match(await response.text(), /teacher/);
    assert.equal((await gateway.traces()).length, recordAgents ? 1 : 0);
    await gateway.close();
  }
  await teacher.close();
});
