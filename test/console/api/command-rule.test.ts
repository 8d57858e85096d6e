import { describe, expect, it } from 'vitest';
import { refusalOf, type CommandSituation } from '#console/api/command-rule.ts';
import { protectionKinds } from '#protocol/state.ts';

const ready: CommandSituation = {
  role: 'operator',
  duplicateIdentity: false,
  waitsForApproval: false,
  kind: 'failed',
  mode: 'deploy',
  mapped: true,
  removedThere: false,
  restartScheduled: false,
};

describe('refusalOf', () => {
  it('lets Retry install be pressed in every state but a protected one', () => {
    const refused = protectionKinds.filter((kind) => refusalOf('retry', { ...ready, kind }) !== null);
    expect(refused).toEqual(['protected']);
  });

  it('names the true reason, the nearest first', () => {
    expect(refusalOf('retry', { ...ready, role: 'viewer', mode: 'watch' })).toBe('no-right');
    expect(refusalOf('retry', { ...ready, duplicateIdentity: true })).toBe('duplicate-identity');
    expect(refusalOf('retry', { ...ready, kind: null })).toBe('never-reported');
    expect(refusalOf('retry', { ...ready, mode: 'watch' })).toBe('watching');
    expect(refusalOf('retry', { ...ready, mode: 'paused' })).toBe('paused');
    expect(refusalOf('retry', { ...ready, mapped: false })).toBe('no-site');
    expect(refusalOf('retry', { ...ready, removedThere: true })).toBe('removed-there');
  });

  it('lets a restart be called off only while one is to come, whatever may be installed', () => {
    expect(refusalOf('cancel', ready)).toBe('no-restart');
    const scheduled: CommandSituation = { ...ready, restartScheduled: true, mode: 'paused', mapped: false };
    expect(refusalOf('cancel', scheduled)).toBeNull();
    expect(refusalOf('cancel', { ...scheduled, role: 'viewer' })).toBe('no-right');
  });

  it('lets Check again be pressed where nothing may be installed', () => {
    expect(refusalOf('check', { ...ready, mode: 'watch', mapped: false, kind: 'protected' })).toBeNull();
  });
});
