// A throw-away VS Code workbench: own profile, own ports, no connection to the outside, stopped by process group.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { chromium } = createRequire(import.meta.url)('playwright-core');

/** Everything that would call the outside is off; the rest makes screenshots quiet and tests certain. */
const quietSettings = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.settings.enableNaturalLanguageSearch': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Dark 2026',
  'window.autoDetectColorScheme': false,
  'window.commandCenter': false,
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'npm.fetchOnlinePackageInfo': false,
  'json.schemaDownload.enable': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'git.autofetch': false,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'editor.minimap.enabled': false,
  'editor.lightbulb.enabled': 'on',
  'terminal.integrated.defaultProfile.linux': 'bash',
  // The DOM renderer: what the terminal shows can be read.
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.shellIntegration.enabled': true,
};

const flags = [
  '--auth',
  'none',
  '--disable-telemetry',
  '--disable-update-check',
  '--disable-workspace-trust',
  '--disable-getting-started-override',
  '--disable-proxy',
];

/** A fresh profile folder. Settings of the machine have a file of their own where the workbench is remote, as here. */
export function createProfile(folder, { user = {}, machine = {} } = {}) {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['data/User', 'data/Machine', 'ext'])
    mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(
    path.join(folder, 'data/User/settings.json'),
    JSON.stringify({ ...quietSettings, ...user }, null, 2),
  );
  writeFileSync(path.join(folder, 'data/Machine/settings.json'), JSON.stringify(machine, null, 2));
  writeFileSync(path.join(folder, 'config.yaml'), 'auth: none\ncert: false\n');
  return folder;
}

export function installExtension(tools, profile, vsix) {
  const result = spawnSync(
    tools.node,
    [tools.codeServer, ...profileFlags(profile), '--install-extension', vsix, '--force'],
    { env: environment(tools, profile), encoding: 'utf8' },
  );
  if (result.status !== 0)
    throw new Error(`The extension was not installed: ${result.stdout}${result.stderr}`);
}

/** Starts the server; resolves when it answers. `stop` ends it and everything it started. */
export async function startServer(tools, profile, extraEnvironment = {}) {
  const port = await freePort();
  const argv = [tools.codeServer, ...profileFlags(profile), '--bind-addr', `127.0.0.1:${port}`, ...flags];
  const child = spawn(tools.node, argv, {
    env: environment(tools, profile, extraEnvironment),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(path.join(profile, 'server.log'));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const reap = () => signalGroup(child.pid, 'SIGKILL');
  process.on('exit', reap);
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`code-server ended, see ${profile}/server.log`);
      return fetch(`${url}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      );
    },
    'code-server',
    60_000,
  );
  return {
    url,
    stop: async () => {
      signalGroup(child.pid, 'SIGTERM');
      for (let i = 0; i < 50 && child.exitCode === null && child.signalCode === null; i++) await sleep(100);
      reap();
      process.off('exit', reap);
    },
  };
}

/** Headless Chromium that resolves no name but the loopback. */
export async function startBrowser(tools, profile) {
  return chromium.launchPersistentContext(path.join(profile, 'chromium'), {
    executablePath: tools.chromium,
    headless: true,
    viewport: { width: 1400, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
}

/** Waits until `probe` gives something true; throws with `what` after `ms`. */
export async function until(probe, what, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out after ${ms / 1000} s: ${what}`);
    await sleep(100);
  }
}

function profileFlags(profile) {
  return [
    '--config',
    path.join(profile, 'config.yaml'),
    '--user-data-dir',
    path.join(profile, 'data'),
    '--extensions-dir',
    path.join(profile, 'ext'),
  ];
}

/** The environment without what would reach into the real home, another editor or a provider. */
function environment(tools, profile, extra = {}) {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(VSCODE_|ELECTRON_|CODE_SERVER_|OPENAI_|ANTHROPIC_|GOOGLE_|GEMINI_|AZURE_|PASSWORD$|PORT$|NODE_OPTIONS$|NODE_TEST)/.test(
        name,
      ),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: `${path.dirname(tools.node)}:${process.env.PATH}`,
    XDG_CONFIG_HOME: path.join(profile, 'xdg/config'),
    XDG_DATA_HOME: path.join(profile, 'xdg/data'),
    XDG_CACHE_HOME: path.join(profile, 'xdg/cache'),
    EXTENSIONS_GALLERY: '{}',
    ...extra,
  };
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function readIfThere(file, read) {
  return existsSync(file) ? read(file, 'utf8') : '';
}
