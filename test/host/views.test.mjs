// The sidebar in a real workbench, in each kind of theme, shown states that a person would need weeks to see.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createDriver } from './driver.mjs';
import { states, tasks } from './states.ts';
import { createProfile, installExtension, startBrowser, startServer } from './workbench.mjs';

const tools = JSON.parse(readFileSync(process.env.UNDERSTUDY_HOST_TOOLS, 'utf8'));
const profile = path.join(tools.out, 'views');
const shots = path.join(tools.out, 'screenshots/views');
const themes = [
  ['dark', 'Dark 2026'],
  ['light', 'Light 2026'],
  ['contrast', 'Default High Contrast'],
  ['contrast-light', 'Default High Contrast Light'],
];

let driver;
let page;
let sidebar;
let server;
let browser;
const refused = [];

before(async () => {
  createProfile(profile);
  rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots, { recursive: true });
  mkdirSync(path.join(profile, 'project'));
  installExtension(tools, profile, tools.vsix);
  server = await startServer(tools, profile);
  browser = await startBrowser(tools, profile);
  page = browser.pages()[0];
  await page.setViewportSize({ width: 1400, height: 1500 });
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text()) && !/vsda/.test(message.text()))
      refused.push(message.text());
  });
  driver = createDriver(page, shots);
  await driver.open(server.url, path.join(profile, 'project'));
  sidebar = await driver.showSidebar();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Shows a state, and a task where one is named; null leads back to the overview. */
async function show(state, taskId = null) {
  await sidebar.evaluate(
    ([value, id]) => {
      window.postMessage({ kind: 'state', state: value }, '*');
      window.postMessage({ kind: 'show-task', taskId: id }, '*');
    },
    [state, taskId],
  );
  const there = taskId === null ? '.page:not(:has(article.task))' : `article[data-task="${taskId}"]`;
  await sidebar.locator(there).first().waitFor();
}

test('teaches the next step in each empty state', async () => {
  for (const [name, words] of [
    ['welcome', 'Start Recording'],
    ['waiting', 'Waiting for the first call'],
    ['recorded', 'Find Tasks'],
  ]) {
    await show(states[name]);
    await sidebar.locator(`text=${words}`).first().waitFor();
  }
});

test('says what went wrong and what to do next', async () => {
  await show(states.troubled);
  const note = sidebar.locator('.note-error').first();
  assert.match(await note.innerText(), /port 41234 is taken[\s\S]*Free the port/);
});

test('shows every number with its interval and its n', async () => {
  await show(states.tasks, tasks.support.id);
  const agreement = await sidebar.locator('.figure', { hasText: 'Agreement' }).innerText();
  assert.match(agreement, /94\.8 %[\s\S]*92\.8–96\.4 %, n = 640/);
  assert.match(await sidebar.locator('.promise').innerText(), /At most 2 %[\s\S]*95 % confidence[\s\S]*498/);
  assert.equal(await sidebar.locator('.tile').count(), 16);
});

test('is worked by keyboard alone: open, move, choose, go back', async () => {
  await show(states.tasks);
  await sidebar.locator(`[data-task="${tasks.spam.id}"]`).focus();
  await page.keyboard.press('Enter');
  await sidebar.locator('article.task h2').waitFor();
  await sidebar.locator('[role=radio][aria-checked=true]').focus();
  await page.keyboard.press('ArrowRight');
  const focused = await sidebar.evaluate(() => document.activeElement.getAttribute('data-mode'));
  assert.equal(focused, 'canary');
  // Moving is not choosing.
  assert.equal(await sidebar.locator('[role=radio][aria-checked=true]').getAttribute('data-mode'), 'shadow');
  await page.keyboard.press('Escape');
  await sidebar.locator('.task-list').waitFor();
});

test('keeps focus, unfolded parts and scroll position when the state changes', async () => {
  await show(states.tasks, tasks.support.id);
  await sidebar.locator('[data-section="prompt"] > summary').click();
  await sidebar.locator('.prompt').waitFor();
  await sidebar.locator('select.verdict').nth(3).focus();
  const where = () => sidebar.evaluate(() => [document.activeElement.tagName, Math.round(window.scrollY)]);
  const first = await where();
  const more = { ...states.tasks, traces: { ...states.tasks.traces, total: 7175 } };
  await sidebar.evaluate((state) => window.postMessage({ kind: 'state', state }, '*'), more);
  await page.waitForTimeout(300);
  assert.deepEqual(await where(), first);
  assert.ok(await sidebar.locator('.prompt').isVisible());
});

test('names everything that can be pressed or chosen', async () => {
  await show(states.tasks, tasks.support.id);
  const nameless = await sidebar.evaluate(() =>
    [...document.querySelectorAll('button, vscode-button, select, summary, [role=radio], [role=img]')]
      .filter((element) => {
        const label = element.getAttribute('aria-label') ?? element.textContent ?? '';
        return label.trim() === '';
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(nameless, []);
});

test('fits into the narrowest sidebar: nothing is cut off', async () => {
  await dragSidebarTo(218);
  for (const [state, task] of [
    [states.welcome, null],
    [states.tasks, null],
    [states.training, tasks.voice],
    [states.tasks, tasks.support],
    [states.tasks, tasks.tutor],
  ]) {
    await show(state, task?.id ?? null);
    assert.deepEqual(await sidebar.evaluate(cutOff), []);
  }
  await dragSidebarTo(348);
});

for (const [kind, theme] of themes) {
  test(`is readable in the ${kind} theme`, async () => {
    if (kind !== 'dark') {
      await driver.theme(theme, profile);
      sidebar = await driver.showSidebar();
    }
    for (const name of Object.keys(states)) {
      await show(states[name]);
      await picture(`${kind}-${name}`);
    }
    for (const [name, state, task] of [
      ['training-task', states.training, tasks.voice],
      ['refused-task', states.tasks, tasks.tutor],
      ['serving-task', states.tasks, tasks.support],
    ]) {
      await show(state, task.id);
      await picture(`${kind}-${name}`);
    }
    assert.deepEqual(await faint(), []);
  });
}

test('loads nothing that its policy forbids', () => {
  assert.deepEqual(refused, []);
});

async function dragSidebarTo(x) {
  const sashes = page.locator('.monaco-sash.vertical');
  const places = await sashes.evaluateAll((all) => all.map((sash) => sash.getBoundingClientRect().x));
  const from = places.find((place) => place > 150 && place < 900);
  await page.mouse.move(from + 2, 450);
  await page.mouse.down();
  await page.mouse.move(x, 450, { steps: 5 });
  await page.mouse.up();
}

/** Elements that reach beyond the right edge of the page. */
function cutOff() {
  const edge = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll('main *')]
    .filter((element) => element.getBoundingClientRect().right > edge)
    .map((element) => `${element.tagName}.${element.className}`);
}

async function picture(name) {
  await page.waitForTimeout(300);
  await page.screenshot({
    path: path.join(shots, `${name}.png`),
    clip: { x: 0, y: 28, width: 350, height: 1450 },
  });
}

/** Texts whose contrast with the background is below 4.5 to 1, or 3 to 1 for large ones (WCAG AA). */
function faint() {
  return sidebar.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgb = (colour, under = [0, 0, 0]) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = `rgb(${under})`;
      canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const luminance = (colour) => {
      const [r, g, b] = colour.map((c) =>
        c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backdrop = (element) => {
      const chain = [];
      for (let e = element; e !== null; e = e.parentElement)
        chain.unshift(getComputedStyle(e).backgroundColor);
      const base = rgb(
        getComputedStyle(document.documentElement).getPropertyValue('--vscode-sideBar-background'),
      );
      return chain.reduce((under, colour) => rgb(colour, under), base);
    };
    const found = [];
    for (const element of document.querySelectorAll(
      'p, dt, dd span, h2, h3, .task-card span, .segment, .quiet',
    )) {
      if (
        element.childElementCount > 0 ||
        element.textContent.trim() === '' ||
        element.closest('[aria-disabled], [aria-hidden]')
      )
        continue;
      const back = backdrop(element);
      const [a, b] = [luminance(rgb(getComputedStyle(element).color, back)), luminance(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const style = getComputedStyle(element);
      const large = Number.parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700;
      if (ratio < (large ? 3 : 4.5))
        found.push(`${ratio.toFixed(1)} ${element.className} "${element.textContent.slice(0, 30)}"`);
    }
    return found;
  });
}
