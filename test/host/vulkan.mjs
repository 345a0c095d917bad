// Software Vulkan drivers, on which WebGPU is tested where there is no GPU. Mesa's computes in half precision and is the
// faster one; the browser's package has another. Plain Node 20.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cache, root } from '../../scripts/setup.mjs';

const folder = path.join(cache, 'mesa');
const mesa = path.join(folder, 'driver.json');
const browsers = '/usr/lib/chromium/vk_swiftshader_icd.json';
const minutes = 2;

/**
 * Unpacks Mesa's driver into the cache; nothing is installed but the libraries that it is linked with, by `install`. The
 * driver of Debian 12 is too old for WebGPU, so it is taken from the backports where there are some. Returns why it could
 * not be had, or null.
 */
export function unpackMesa(install) {
  if (existsSync(mesa)) return null;
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'no driver for this platform';
  mkdirSync(folder, { recursive: true });
  const archive = download(backports()) ?? download([]);
  if (archive === null) return 'mesa-vulkan-drivers could not be downloaded';
  if (shell('dpkg', ['-x', archive, folder]) === null) return `${archive} could not be unpacked`;
  const libraries = path.join(folder, 'usr/lib/x86_64-linux-gnu');
  const driver = path.join(libraries, 'libvulkan_lvp.so');
  const manifests = path.join(folder, 'usr/share/vulkan/icd.d');
  const own = existsSync(manifests)
    ? readdirSync(manifests).find((name) => /^lvp_icd.*json$/.test(name))
    : undefined;
  if (own === undefined || !existsSync(driver)) return `${archive} has no software driver`;
  if ((shell('ldd', [driver]) ?? 'not found').includes('not found')) {
    const needed = (shell('dpkg-deb', ['-f', archive, 'Depends']) ?? '').split(',');
    const failure = install(needed.map((one) => one.trim().split(/[ :|]/)[0]).filter((name) => name !== ''));
    if (failure !== null) return failure;
  }
  const manifest = JSON.parse(readFileSync(path.join(manifests, own), 'utf8'));
  manifest.ICD.library_path = driver;
  writeFileSync(mesa, JSON.stringify(manifest));
  return null;
}

/**
 * Environment in which WebGPU runs on a software driver: the first with half precision, else the first that works; null
 * where none does. Each is asked by the product itself.
 */
export function softwareVulkan(node) {
  const found = [mesa, browsers]
    .filter((driver) => existsSync(driver))
    .map((driver) => ({ VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: os.tmpdir() }))
    .map((env) => ({ env, devices: devicesWith(node, env) }))
    .filter(({ devices }) => devices.includes('webgpu'));
  return (found.find(({ devices }) => devices.includes('webgpu-f16')) ?? found[0])?.env ?? null;
}

function devicesWith(node, env) {
  const script = `
    const { probeDevices } = await import('./src/onnx/devices.ts');
    const probes = await probeDevices();
    console.log(JSON.stringify(probes.filter((probe) => probe.available).map((probe) => probe.device)));`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const own = { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...env };
  const { status, stdout } = spawnSync(node, argv, {
    cwd: root,
    env: own,
    encoding: 'utf8',
    timeout: minutes * 60_000,
  });
  return status === 0 ? JSON.parse(stdout) : [];
}

/** Options of apt-get for the backports of this Debian alone, kept apart from the machine's own lists; null without any. */
function backports() {
  const format = '$(LABEL)|$(REPO_URI)|$(RELEASE)';
  const lines =
    shell('apt-get', ['indextargets', '--format', format, 'Identifier: Packages'])?.split('\n') ?? [];
  const [, uri, release] = lines.map((line) => line.split('|')).find(([label]) => label === 'Debian') ?? [];
  if (uri === undefined) return null;
  const list = path.join(folder, 'backports.list');
  mkdirSync(path.join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(path.join(folder, 'cache/archives/partial'), { recursive: true });
  writeFileSync(list, `deb ${uri} ${release}-backports main\n`);
  const options = Object.entries({
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::Cache': path.join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return shell('apt-get', [...options, 'update']) === null ? null : options;
}

/** The package's file in the folder, or null. */
function download(options) {
  if (options === null) return null;
  if (shell('apt-get', [...options, 'download', 'mesa-vulkan-drivers']) === null) return null;
  const name = readdirSync(folder).find((file) => file.endsWith('.deb'));
  return name === undefined ? null : path.join(folder, name);
}

/** What a command prints, or null where it fails. */
function shell(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: minutes * 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : null;
}
