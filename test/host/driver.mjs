// What a person does in the workbench, as functions on a page: palette, files, terminal, our sidebar.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from './workbench.mjs';

export function createDriver(page, shots) {
  let number = 0;
  page.setDefaultTimeout(15_000);
  const input = page.locator('.quick-input-widget input[type=text]');
  const rows = page.locator('.quick-input-list .monaco-list-row');

  const driver = {
    page,

    async open(url, folder) {
      await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
      await page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
    },

    async shot(name) {
      await page.screenshot({ path: path.join(shots, `${String(++number).padStart(2, '0')}-${name}.png`) });
    },

    /** Runs a command by its title, as the palette shows it. */
    async palette(title) {
      await driver.quick('F1', `>${title}`, title);
      await input.waitFor({ state: 'hidden' });
    },

    async quickOpen(file) {
      await driver.quick('Control+p', file, path.basename(file));
      await page.locator('.tab.active', { hasText: path.basename(file) }).waitFor();
    },

    async quick(key, text, row) {
      await page.keyboard.press(key);
      await input.waitFor();
      await input.fill(text);
      await rows.filter({ hasText: row }).first().waitFor();
      await page.keyboard.press('Enter');
    },

    /** Chooses a row of the list that a command has opened. */
    async pick(text) {
      await rows.filter({ hasText: text }).first().click();
    },

    async notification(text, ms = 20_000) {
      const toast = page.locator('.notification-toast', { hasText: text });
      await toast.first().waitFor({ timeout: ms });
      return toast.first();
    },

    async clearNotifications() {
      await driver.palette('Notifications: Clear All Notifications');
    },

    async showSidebar() {
      // A second click on the icon would hide the view.
      const title = page.locator('.part.sidebar .composite.title', { hasText: 'Understudy' });
      const restored = await title.waitFor({ timeout: 4000 }).then(
        () => true,
        () => false,
      );
      if (!restored) {
        await page.locator('.activitybar .action-item [aria-label^="Understudy"]').first().click();
        await title.waitFor();
      }
      await page.mouse.move(700, 450);
      return driver.sidebar();
    },

    /** The frame of our view: the one whose page has our body. */
    async sidebar() {
      return until(
        async () => {
          for (const frame of page.frames()) {
            if (!frame.url().includes('fake.html')) continue;
            const ours = await frame
              .locator('body[data-page="sidebar"] .page')
              .count()
              .catch(() => 0);
            if (ours > 0) return frame;
          }
          return null;
        },
        'the sidebar',
        30_000,
      );
    },

    async newTerminal() {
      await driver.palette('Terminal: Create New Terminal');
      await page.locator('.terminal.xterm .xterm-helper-textarea').last().waitFor();
      await page.locator('.xterm-rows').last().waitFor();
      await page.locator('.terminal.xterm').last().click();
    },

    async type(line) {
      await page.keyboard.type(`${line}\n`);
    },

    async status() {
      return page.locator('.statusbar-item#understudy\\.understudy\\.status');
    },

    /** Writes the theme into the profile's settings and opens the window anew. */
    async theme(name, profile) {
      const file = path.join(profile, 'data/User/settings.json');
      const settings = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...settings, 'workbench.colorTheme': name }, null, 2));
      await page.reload();
      const light = /light/i.test(name);
      const kind = /contrast/i.test(name) ? (light ? 'hc-light' : 'hc-black') : light ? 'vs' : 'vs-dark';
      await page.locator(`.monaco-workbench.${kind} .activitybar`).first().waitFor({ timeout: 60_000 });
    },
  };
  return driver;
}
