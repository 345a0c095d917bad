// The whole loop in a real workbench, as a person does it: install, record, train, switch, be answered locally.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createDriver } from './driver.mjs';
import { createProject, startTeacher } from './project.mjs';
import {
  createProfile,
  installExtension,
  readIfThere,
  startBrowser,
  startServer,
  until,
} from './workbench.mjs';

const tools = JSON.parse(readFileSync(process.env.UNDERSTUDY_HOST_TOOLS, 'utf8'));
const root = path.resolve(import.meta.dirname, '../..');
const profile = path.join(tools.out, 'loop');
const shots = path.join(tools.out, 'screenshots/loop');
const calls = 2400;

let driver;
let project;
let sidebar;
let portBefore;
let broken = false;
const closing = [];

before(async () => {
  const teacher = await startTeacher(tools, root);
  closing.push(() => teacher.stop());
  createProfile(profile, {
    // The default promise of 2 % needs more traffic than a test has time for.
    user: { 'understudy.autoAnalyse': false, 'understudy.epsilon': 0.05 },
    machine: { 'understudy.upstreams': teacher.urls },
  });
  rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots, { recursive: true });
  project = createProject(root, path.join(profile, 'project'), teacher.urls.openai);
  installExtension(tools, profile, tools.vsix);
  const server = await startServer(tools, profile);
  closing.push(() => server.stop());
  const browser = await startBrowser(tools, profile);
  closing.push(() => browser.close());
  driver = createDriver(browser.pages()[0], shots);
  await driver.open(server.url, project);
});

after(async () => {
  for (const close of closing.reverse()) await close();
  stopGateway();
});

/** One step of the story. After a failed one the rest cannot be told, and is not counted as passed. */
function step(title, run) {
  test(title, async (t) => {
    if (broken) return t.skip('an earlier step failed');
    try {
      await run(t);
    } catch (error) {
      broken = true;
      await driver?.shot('failure').catch(() => undefined);
      throw error;
    }
  });
}

step('activates, shows its state in the status bar, and teaches the first step in the sidebar', async () => {
  await (await driver.status()).waitFor({ timeout: 30_000 });
  sidebar = await driver.showSidebar();
  await sidebar.locator('text=Start Recording').waitFor();
  await driver.shot('welcome');
});

step('offers to record at each place that calls a model', async () => {
  await driver.quickOpen('app.mjs');
  await driver.page.locator('.codelens-decoration a', { hasText: 'not recording' }).first().waitFor();
  await driver.shot('not-recording');
});

step('starts recording from the palette', async () => {
  await driver.palette('Understudy: Start Recording');
  await driver.notification('Recording');
  await sidebar.locator('[data-gateway="recording"]').waitFor();
  await (await driver.status()).locator('.codicon-record').waitFor();
  portBefore = lease().port;
  assert.ok(portBefore > 0);
  await driver.shot('recording');
});

step('records an unchanged program that is started in the terminal', async () => {
  await driver.clearNotifications();
  await driver.newTerminal();
  await driver.type(`node app.mjs --calls ${calls} --concurrency 16 | tee run1.txt; echo done >> run1.txt`);
  await finished('run1.txt');
  assert.match(readFileSync(path.join(project, 'run1.txt'), 'utf8'), /2400 calls in [\d.]+ s, 0 failed/);
  await sidebar.locator('.gateway-bar', { hasText: /2,[34]\d\d calls/ }).waitFor();
  await driver.shot('recorded');
});

step('finds the tasks and lists them in the sidebar', async () => {
  await sidebar.locator('vscode-button', { hasText: 'Find Tasks' }).click();
  await settled('.task-card >> nth=2', 60_000);
  assert.equal(await sidebar.locator('.task-card').count(), 3);
  await driver.shot('tasks');
});

step('shows the task above the call that belongs to it, and opens it from there', async () => {
  const lens = driver.page.locator('.codelens-decoration a:visible', { hasText: /understand .* calls/i });
  await driver.page.locator('.monaco-editor').first().click();
  await goToLine(88);
  await lens.first().waitFor();
  await driver.shot('lens-with-task');
  await lens.first().click();
  await sidebar.locator('article.task').waitFor();
  await driver.shot('task');
});

step('renames a task in the sidebar, and the code above follows', async () => {
  await sidebar.locator('.task-title').hover();
  await sidebar.locator('.rename').click();
  await sidebar.waitForFunction(() => document.activeElement?.classList.contains('name-field'));
  await driver.page.keyboard.type('voice commands');
  await driver.page.keyboard.press('Enter');
  await sidebar.locator('h2', { hasText: 'voice commands' }).waitFor();
  await driver.page
    .locator('.codelens-decoration a:visible', { hasText: /voice commands .* calls/ })
    .waitFor();
  assert.equal(await sidebar.locator('.failure').count(), 0);
});

step('trains a student with progress and says what was proved', async () => {
  await driver.shot('terms');
  await sidebar.locator('.terms [data-decision="allowed"]').click();
  await sidebar.locator('[data-action="train"]:not([disabled])').click();
  await sidebar.locator('article[data-stage="training"] .job').waitFor({ timeout: 30_000 });
  await driver.shot('training');
  await settled('article[data-stage="certified"]', 200_000, 'article[data-stage="refused"]');
  await sidebar.locator('.promise').waitFor();
  await driver.shot('certified');
});

step('switches the task to the student and answers the next run here', async () => {
  await sidebar.locator('[data-mode="on"][role="radio"]').click();
  await sidebar.locator('article[data-mode="on"]').waitFor({ timeout: 30_000 });
  await driver.palette('Terminal: Focus Terminal');
  await driver.type(
    'node app.mjs --calls 400 --from 2400 --concurrency 8 | tee run2.txt; echo done >> run2.txt',
  );
  await finished('run2.txt');
  assert.match(readFileSync(path.join(project, 'run2.txt'), 'utf8'), /400 calls in [\d.]+ s, 0 failed/);
  const local = sidebar.locator('.figure', { hasText: 'Answered locally' }).locator('.figure-value');
  await local.waitFor({ timeout: 20_000 });
  await until(async () => Number.parseFloat(await local.innerText()) > 20, 'answers from the student');
  await (await driver.status()).filter({ hasText: 'local' }).waitFor();
  await driver.shot('answered-locally');
});

step('opens the report as a page', async () => {
  await sidebar.locator('[data-action="report"]').click();
  await driver.page.locator('.tab.active', { hasText: 'Report' }).waitFor();
  await driver.page.waitForTimeout(1000);
  await driver.shot('report');
});

step('goes on after a reload with the same gateway and port', async () => {
  const { pid } = lease();
  await driver.page.reload();
  await driver.page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
  sidebar = await driver.showSidebar();
  await until(
    async () =>
      (await sidebar.locator('[data-gateway="recording"]').count()) > 0 ||
      (await sidebar.locator('article.task').count()) > 0,
    'the state after a reload',
    40_000,
  );
  await (await driver.status()).filter({ hasText: 'local' }).waitFor({ timeout: 40_000 });
  assert.equal(lease().port, portBefore);
  assert.equal(lease().pid, pid);
  await driver.shot('reloaded');
});

step('routes a client with a hard-coded URL through the gateway, as an edit that can be undone', async () => {
  await driver.quickOpen('summarise.ts');
  const warning = driver.page.locator('.codelens-decoration a', { hasText: 'Not recorded · route' });
  await warning.waitFor();
  await driver.shot('bypassed');
  await quickFix('baseURL', 'route this client through the gateway');
  await saved('summarise.ts', /baseURL: process\.env\.OPENAI_BASE_URL \?\? 'http:\/\/127[^']+\/v1'/);
  await warning.waitFor({ state: 'hidden' });
  await driver.shot('routed');
  await driver.page.keyboard.press('Control+z');
  await saved('summarise.ts', /baseURL: 'http:\/\/127[^']+\/v1'/);
  await quickFix('chat.completions', 'name the task of this call');
  await saved('summarise.ts', /\}, \{ headers: \{ 'x-understudy-task': 'summarise' \} \}\);/);
  await driver.shot('named');
});

step('does the same in Python', async () => {
  await driver.quickOpen('classify.py');
  await quickFix('base_url', 'route this client through the gateway');
  await saved('classify.py', /import os\nfrom openai import OpenAI/);
  assert.match(
    readFileSync(path.join(project, 'classify.py'), 'utf8'),
    /base_url=os\.environ\.get\("OPENAI_BASE_URL", "http:\/\/127[^"]+\/v1"\)/,
  );
});

step('takes the variables away from new terminals when recording stops', async () => {
  await driver.palette('Understudy: Stop Recording');
  await driver.newTerminal();
  await driver.type('echo "url=[$OPENAI_BASE_URL]" > url.txt');
  assert.equal((await fileWith('url.txt', /url=/)).trim(), 'url=[]');
  await driver.shot('stopped');
});

/** Waits for what is expected, and fails at once with the page's own words when something else comes of it. */
async function settled(expected, ms, instead = '.failure') {
  const either = sidebar.locator(expected).or(sidebar.locator(`.failure, ${instead}`));
  await either.first().waitFor({ timeout: ms });
  if ((await sidebar.locator(expected).count()) > 0) return;
  throw new Error(`not ${expected}: ${(await sidebar.locator('.page').innerText()).slice(0, 400)}`);
}

async function finished(file) {
  await fileWith(file, /^done$/m, 90_000);
}

function fileWith(name, pattern, ms = 20_000) {
  return until(
    () => {
      const text = readIfThere(path.join(project, name), readFileSync);
      return pattern.test(text) ? text : null;
    },
    `${name} with ${pattern}`,
    ms,
  );
}

async function goToLine(line) {
  await driver.page.keyboard.press('Control+g');
  await driver.page.locator('.quick-input-widget input[type=text]').fill(`:${line}`);
  await driver.page.keyboard.press('Enter');
}

/** The menu waits for the language server, which gives up on a request now and then while it is still reading. */
async function quickFix(on, title) {
  const row = driver.page.locator('.action-widget .monaco-list-row', { hasText: title }).first();
  await until(
    async () => {
      await driver.page.locator('.monaco-editor .view-line', { hasText: on }).first().click();
      await driver.page.keyboard.press('Control+.');
      const shown = await row.waitFor({ timeout: 8000 }).then(
        () => true,
        () => false,
      );
      if (!shown) await driver.page.keyboard.press('Escape');
      return shown;
    },
    `the quick fix "${title}"`,
    60_000,
  );
  await row.click();
}

async function saved(file, pattern) {
  await driver.page.keyboard.press('Control+s');
  await fileWith(file, pattern);
}

/** The lease of the one workspace of this profile. */
function lease() {
  const storage = path.join(profile, 'data/User/workspaceStorage');
  for (const folder of readdirSync(storage)) {
    const text = readIfThere(path.join(storage, folder, 'understudy.understudy/gateway.json'), readFileSync);
    if (text !== '') return JSON.parse(text);
  }
  throw new Error('no gateway has a lease');
}

/** It outlives the editor on purpose; here it is ours to end. */
function stopGateway() {
  try {
    process.kill(lease().pid, 'SIGTERM');
  } catch {
    // No gateway was started, or it has ended already.
  }
}
