import * as vscode from 'vscode';
import { type AppSettings, defaultSettings } from '../app/settings.ts';
import { upstreamsFromEnvironment } from './upstreams.ts';

/** The settings of the `understudy` section, with the upstreams that the environment already names filled in. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): AppSettings {
  const section = vscode.workspace.getConfiguration('understudy');
  const get = <K extends keyof AppSettings>(key: K): AppSettings[K] =>
    section.get<AppSettings[K]>(key) ?? defaultSettings[key];
  return {
    upstreams: { ...upstreamsFromEnvironment(env), ...get('upstreams') },
    port: get('port'),
    epsilon: get('epsilon'),
    delta: get('delta'),
    newKinds: get('newKinds'),
    device: get('device'),
    deadlineMs: get('deadlineMs'),
    auditShare: get('auditShare'),
    captureAgents: get('captureAgents'),
    autoAnalyse: get('autoAnalyse'),
    retentionDays: get('retentionDays'),
    retentionMegabytes: get('retentionMegabytes'),
    prices: get('prices'),
    redaction: get('redaction'),
  };
}

/** Settings of the editor's own: what the app does not know. */
export function editorSetting(name: 'codeLens' | 'terminals'): boolean {
  return vscode.workspace.getConfiguration('understudy').get(name, true);
}
