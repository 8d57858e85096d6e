/** The closed lists that travel. */
import * as z from 'zod';

export const targets = [
  'windows-x86',
  'windows-x64',
  'macos',
  'linux-x64-deb',
  'linux-x64-rpm',
  'linux-arm64-deb',
  'linux-arm64-rpm',
] as const;
export const targetSchema = z.enum(targets);
export type Target = z.infer<typeof targetSchema>;

export const deploymentModes = ['watch', 'deploy', 'paused'] as const;
export const deploymentModeSchema = z.enum(deploymentModes);
export type DeploymentMode = z.infer<typeof deploymentModeSchema>;

export const commandVerbs = ['retry', 'check', 'diagnose', 'cancel', 'update-self', 'unenrol'] as const;
export type CommandVerb = (typeof commandVerbs)[number];

export const attemptSteps = [
  'download',
  'verify-package',
  'preflight',
  'site-token',
  'install',
  'settle',
  'repair',
  'register',
  'verify',
] as const;
export type AttemptStep = (typeof attemptSteps)[number];

export const conditions = [
  'package-manager-free',
  'installer-settled',
  'disk-space',
  'network',
  'reboot',
  'window',
  'turn',
  'console',
  'antivirus-gone',
  'clock',
] as const;
export type Condition = (typeof conditions)[number];

/** Bounded building blocks: nothing that travels is without a limit. */
export const shortText = z.string().max(200);
export const longText = z.string().max(2000);
export const idText = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);
export const versionText = z.string().regex(/^\d{1,9}(\.\d{1,9}){1,4}$/);
export const isoTime = z.iso.datetime({ offset: false });
export const base64Text = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
export const base64UrlText = z.string().regex(/^[A-Za-z0-9_-]*$/);
/** Assignment numbers, epochs, sequence numbers: safe integers from 0. */
export const counter = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
