import { describe, expect, it } from 'vitest';
import { bootIdOf, isSameBoot, settledBootId } from '#platform/windows/parse/boot.ts';
import { parseDriverStates, parseFilters, withAltitudes } from '#platform/windows/parse/drivers.ts';
import { placesOf, programOf } from '#platform/windows/parse/paths.ts';
import { isAdministratorsPlace, processRecords } from '#platform/windows/parse/processes.ts';
import { packageStateOf, uninstallRecords } from '#platform/windows/parse/programs-list.ts';
import { listOf, parsePowerShell } from '#platform/windows/parse/powershell.ts';
import { defaultOf, leafOf, numberOf, parseRegQuery, textOf } from '#platform/windows/parse/reg-query.ts';
import { pendingRenames } from '#platform/windows/parse/renames.ts';
import {
  defenderWord,
  driverRows,
  isMissingNamespace,
  providerRows,
  securityCenterRows,
} from '#platform/windows/parse/security-center.ts';
import { isProgram, matching, parseScState, startsAtBoot } from '#platform/windows/parse/services.ts';
import { smbiosUuid } from '#platform/windows/parse/smbios.ts';
import { architectureOf, hypervisorOf, productKind, productName, sse42Of } from '#platform/windows/parse/system.ts';
import { parseTasks, servicesSession } from '#platform/windows/parse/tasklist.ts';
import { fixture } from '#test/platform/windows/fixture.ts';

const folders = { root: 'C:\\Windows', system: 'C:\\Windows\\System32', drive: 'C:' };

describe('reg query', () => {
  it('gives keys with their values, names without regard to case', () => {
    const keys = parseRegQuery(fixture('reg/uninstall.txt'));
    expect(keys.map((key) => leafOf(key.path))).toEqual([
      '{EA080DF7-C45B-4BAF-AAD7-16FB66D11F92}',
      'Example AV',
      'KB500',
      'Sentinel Agent Tools',
      'Nameless',
    ]);
    expect(textOf(keys[0], 'displayNAME')).toBe('Sentinel Agent');
    expect(numberOf(keys[0], 'WindowsInstaller')).toBe(1);
    expect(numberOf(keys[0], 'DisplayName')).toBeNull();
    expect(textOf(keys[1], 'Comments')).toBe('first line\nsecond line');
    expect(textOf(keys[1], 'UninstallString')).toBe('"%ProgramFiles%\\Example AV\\uninstall.exe" /x');
    expect(textOf(keys[4], 'Empty')).toBe('');
  });

  it('finds the unnamed value under whatever label the language has', () => {
    expect(defaultOf(parseRegQuery(fixture('reg/german-default.txt'))[0])).toBe(
      '{01234567-89AB-CDEF-0123-456789ABCDEF}',
    );
  });

  it('finds nothing in nothing', () => {
    expect(parseRegQuery('')).toEqual([]);
    expect(parseRegQuery('\r\nERROR: The system was unable to find the specified registry key or value.\r\n')).toEqual(
      [],
    );
  });
});

describe('uninstall entries', () => {
  const records = uninstallRecords(parseRegQuery(fixture('reg/uninstall.txt')), '32-bit');

  it('are those with a name that are no updates', () => {
    expect(records.map((record) => record.displayName)).toEqual([
      'Sentinel Agent',
      'Example Antivirus 12',
      'Sentinel Agent Tools',
    ]);
    expect(records[0]).toEqual({
      key: '{EA080DF7-C45B-4BAF-AAD7-16FB66D11F92} (32-bit)',
      displayName: 'Sentinel Agent',
      displayVersion: '24.1.257',
      publisher: 'SentinelOne',
    });
  });

  it('make a package present by exactly its name, with the three parts of its version', () => {
    expect(packageStateOf(records, ['Sentinel Agent'])).toMatchObject({ state: 'present', version: '24.1.257' });
    expect(packageStateOf(records, ['sentinel agent', 'Sentinel'])).toMatchObject({ state: 'absent', version: null });
  });
});

describe('services', () => {
  it.each([
    ['running.txt', 'running'],
    ['stopped-german.txt', 'stopped'],
    ['failed.txt', 'failed'],
  ])('%s is %s by its numbers', (name, state) => {
    expect(parseScState(fixture(`sc/${name}`))).toBe(state);
  });

  it('are not told from what is no such block', () => {
    expect(parseScState('')).toBeNull();
    expect(parseScState('[SC] OpenService FAILED 5:\r\n\r\nAccess is denied.\r\n')).toBeNull();
  });

  it('are those of the catalogue, whole or by prefix, whatever the case', () => {
    const names = parseRegQuery(fixture('reg/services.txt')).map((key) => leafOf(key.path));
    expect(matching(names, ['sentinelagent', 'AVP.KES.*', 'Sophos'])).toEqual(['AVP.KES.21.9', 'SentinelAgent']);
  });

  it('tell programs from drivers and automatic from manual start', () => {
    const key = parseRegQuery(fixture('reg/service-key.txt'))[0];
    expect(isProgram(numberOf(key, 'Type'))).toBe(true);
    expect([isProgram(1), isProgram(2), isProgram(0x110), isProgram(null)]).toEqual([false, false, true, false]);
    expect([startsAtBoot(numberOf(key, 'Start')), startsAtBoot(3), startsAtBoot(4), startsAtBoot(null)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(programOf(textOf(key, 'ImagePath') ?? '', folders)).toEqual([
      'C:\\Program Files\\SentinelOne\\Sentinel Agent 24.1.4.257\\SentinelAgent.exe',
    ]);
  });
});

describe('paths', () => {
  it.each([
    ['windowsdefender://', []],
    ['%ProgramFiles%\\X\\a.exe', ['C:\\Program Files\\X\\a.exe', 'C:\\Program Files (x86)\\X\\a.exe']],
    ['\\\\?\\C:\\Program Files\\X\\a.exe', ['C:\\Program Files\\X\\a.exe']],
    ['"C:\\Program Files\\X\\a.exe" -k', ['C:\\Program Files\\X\\a.exe']],
    ['\\SystemRoot\\system32\\drivers\\a.sys', ['C:\\Windows\\System32\\drivers\\a.sys']],
    ['System32\\drivers\\a.sys', ['C:\\Windows\\System32\\drivers\\a.sys']],
    ['\\??\\D:\\a.sys', ['D:\\a.sys']],
    ['\\\\server\\share\\a.exe', []],
    ['%unknown%\\a.exe', []],
    ['C:\\Program Files\\..\\Users\\a.exe', []],
    ['', []],
  ])('%s', (text, places) => {
    expect(placesOf(text, folders)).toEqual(places);
  });

  it('end before the arguments of a service', () => {
    expect(programOf('C:\\Program Files\\X Y\\a.exe -s b.exe', folders)).toEqual(['C:\\Program Files\\X Y\\a.exe']);
    expect(programOf('%SystemRoot%\\system32\\svchost.exe -k netsvcs', folders)).toEqual([
      'C:\\Windows\\System32\\svchost.exe',
    ]);
  });

  it('lead a 32-bit process past the folder it is shown', () => {
    const redirected = { ...folders, system: 'C:\\Windows\\Sysnative' };
    expect(placesOf('%SystemRoot%\\system32\\a.exe', redirected)).toEqual(['C:\\Windows\\Sysnative\\a.exe']);
  });
});

describe('PowerShell', () => {
  it.each(['survey.txt', 'survey-64.txt'])('answers each section (%s)', (name) => {
    const answers = parsePowerShell(fixture(`powershell/${name}`));
    const rows = securityCenterRows(valueOf(answers, 'securityCenter'));
    expect(rows?.map((row) => [row.displayName, row.productState])).toEqual([
      ['Windows Defender', 393_472],
      ['Cortex XDR™ Advanced Endpoint Protection', 266_240],
    ]);
    expect(defenderWord(valueOf(answers, 'defender'))).toEqual({
      runningMode: 'Passive Mode',
      realTimeProtection: true,
    });
    expect(driverRows(valueOf(answers, 'drivers'))).toEqual([
      { name: 'csagent', state: 'loaded' },
      { name: 'old', state: 'stopped' },
    ]);
  });

  it.each(['', '\r\n', 'GARRISON:{}', 'GARRISON::END', 'GARRISON64:!!!:END', 'GARRISON:[]:END', 'Hello'])(
    'G30 has not answered with %j, whatever it exits with',
    (stdout) => {
      expect(parsePowerShell(stdout)).toBeNull();
    },
  );

  it('tells a missing namespace by its number, in any language', () => {
    const answers = parsePowerShell(fixture('powershell/server.txt'));
    const answer = answers?.get('securityCenter');
    expect(answer !== undefined && isMissingNamespace(answer)).toBe(true);
    const denied = answers?.get('drivers');
    expect(denied !== undefined && isMissingNamespace(denied)).toBe(false);
  });

  it('may unwrap a list of one, and wrap a list', () => {
    expect(listOf({ a: 1 })).toEqual([{ a: 1 }]);
    expect(listOf({ value: [1, 2], Count: 2 })).toEqual([1, 2]);
    expect(listOf(null)).toEqual([]);
  });

  it('is not understood with a row without a state', () => {
    expect(securityCenterRows([{ displayName: 'X', productState: 'on' }])).toBeNull();
    expect(securityCenterRows(null)).toEqual([]);
  });
});

describe('the Security Center’s own store', () => {
  it('says the same as its interface', () => {
    expect(providerRows(parseRegQuery(fixture('reg/provider-av.txt')))).toEqual([
      {
        displayName: 'Windows Defender',
        instanceGuid: '{D68DDC3A-831F-4FAE-9E44-DA132C1ACF46}',
        productState: 393_472,
        productPath: 'windowsdefender://',
        reportingPath: '%ProgramFiles%\\Windows Defender\\MsMpeng.exe',
      },
      {
        displayName: 'Example AV',
        instanceGuid: '{7EA7D5A4-1B7B-4B0A-9B5B-111111111111}',
        productState: 266_240,
        productPath: 'C:\\Program Files\\Example\\ui.exe',
        reportingPath: null,
      },
    ]);
  });
});

describe('drivers', () => {
  it('are read from the right of the filter table', () => {
    expect(parseFilters(fixture('fltmc.txt')).map((driver) => [driver.name, driver.altitude])).toEqual([
      ['bindflt', '409800'],
      ['Example AV Filter', '328500.5'],
      ['csagent', '321410'],
      ['WdFilter', '328010'],
    ]);
  });

  it('are listed by the service manager in blocks', () => {
    expect(parseDriverStates(fixture('sc/drivers.txt'))).toEqual([
      { name: 'ACPI', state: 'loaded' },
      { name: 'csagent', state: 'stopped' },
    ]);
  });

  it('have one record each, a loaded filter counts as loaded', () => {
    expect(
      withAltitudes(parseDriverStates(fixture('sc/drivers.txt')), parseFilters(fixture('fltmc.txt'))).slice(0, 3),
    ).toEqual([
      { name: 'ACPI', state: 'loaded', altitude: null },
      { name: 'csagent', state: 'loaded', altitude: '321410' },
      { name: 'bindflt', state: 'loaded', altitude: '409800' },
    ]);
  });
});

describe('G6 processes', () => {
  it('prove something only in the services’ session and from where administrators alone write', () => {
    const answers = parsePowerShell(fixture('powershell/survey.txt'));
    const records = processRecords(valueOf(answers, 'processes'), folders);
    expect(records.filter((record) => record.trusted).map((record) => record.pid)).toEqual([900]);
    expect(records).toHaveLength(5);
  });

  it.each([
    ['C:\\Program Files\\X\\a.exe', true],
    ['c:\\program files (x86)\\X\\a.exe', true],
    ['C:\\Windows\\System32\\svchost.exe', true],
    ['C:\\Windows\\Temp\\a.exe', false],
    ['C:\\Windows\\System32\\spool\\drivers\\color\\a.exe', false],
    ['C:\\Windows\\System32\\FxsTmp\\a.exe', false],
    ['C:\\Windows\\SysWOW64\\com\\dmp\\a.exe', false],
    ['C:\\Windows\\System32\\Microsoft\\Crypto\\RSA\\MachineKeys\\a.exe', false],
    ['C:\\Windows\\Tracing:a.exe', false],
    ['C:\\Windows\\REGIST~1\\CRMLog\\a.exe', false],
    ['C:\\ProgramData\\X\\a.exe', false],
    ['C:\\Program Files\\..\\Users\\a.exe', false],
    ['C:\\Program FilesX\\a.exe', false],
    ['D:\\Program Files\\a.exe', false],
  ])('%s: %s', (path, trusted) => {
    expect(isAdministratorsPlace(path, folders)).toBe(trusted);
  });

  it('are listed with their session by tasklist', () => {
    expect(parseTasks(fixture('tasklist/busy.txt'))).toContainEqual({ name: 'msiexec.exe', pid: 4312, session: 0 });
    expect(parseTasks(fixture('tasklist/busy.txt')).at(-1)).toEqual({
      name: 'name with "quotes".exe',
      pid: 6200,
      session: 1,
    });
    expect(parseTasks('INFO: No tasks are running')).toEqual([]);
    const wide = '"a.exe","5"'.replaceAll(/./g, (letter) => `${letter}\0`);
    expect(parseTasks(wide)).toMatchObject([{ name: 'a.exe', pid: 5 }]);
  });
});

describe('the session of the services', () => {
  it('is the one of the service manager, and never a user’s who called his program so', () => {
    const task = (name: string, session: number) => ({ name, pid: 1, session });
    expect(servicesSession([task('a.exe', 3), task('Services.exe', 3), task('services.exe', 0)])).toBe(0);
    expect(servicesSession([task('services.exe', 1)])).toBe(1);
    expect(servicesSession([])).toBe(0);
  });
});

describe('the machine', () => {
  it('is called by its build, not by the name it kept', () => {
    expect(productName('Windows 10 Pro', 22_631, '23H2')).toBe('Windows 11 Pro 23H2');
    expect(productName('Windows 10 Pro', 19_045, '22H2')).toBe('Windows 10 Pro 22H2');
    expect(productName('Windows Server 2022 Standard', 20_348, null)).toBe('Windows Server 2022 Standard');
    expect(productName(null, null, null)).toBe('Windows');
  });

  it('is a client only when it says so', () => {
    expect(['WinNT', 'ServerNT', 'LanmanNT', null].map(productKind)).toEqual(['client', 'server', 'server', 'server']);
  });

  it('has the architecture of its registry, not of the process', () => {
    expect(architectureOf(['AMD64', 'x86'])).toBe('x64');
    expect(architectureOf(['ARM64', 'AMD64'])).toBe('arm64');
    expect(architectureOf([null, undefined, 'x86'])).toBe('x86');
    expect(architectureOf(['IA64'])).toBe('other');
  });

  it('is virtual when its maker says so', () => {
    expect(hypervisorOf('VMware, Inc.', 'VMware7,1')).toBe('vmware');
    expect(hypervisorOf('Microsoft Corporation', 'Virtual Machine')).toBe('microsoft');
    expect(hypervisorOf('Microsoft Corporation', 'Surface Pro 9')).toBeNull();
    expect(hypervisorOf('Dell Inc.', 'Latitude 5440')).toBeNull();
    expect(hypervisorOf(null, null)).toBeNull();
  });

  it.each([
    ['Intel64 Family 6 Model 158 Stepping 10', true],
    ['Intel64 Family 6 Model 23 Stepping 10', false],
    ['Intel64 Family 6 Model 28 Stepping 10', false],
    ['AMD64 Family 23 Model 113 Stepping 0', true],
    ['AMD64 Family 16 Model 4 Stepping 3', false],
    ['ARMv8 (64-bit) Family 8 Model 804', null],
    [null, null],
  ])('%s has SSE4.2: %s', (identifier, has) => {
    expect(sse42Of(identifier)).toBe(has);
  });

  it('is known by the id of its firmware', () => {
    const hex = textOf(parseRegQuery(fixture('reg/smbios.txt'))[0], 'SMBiosData') ?? '';
    expect(smbiosUuid(hex)).toBe('4c4c454400333510804bb4c04f4e3332');
    expect(smbiosUuid(hex.replace(/4C4C454400333510804BB4C04F4E3332/, '0'.repeat(32)))).toBeNull();
    expect(smbiosUuid(hex.slice(0, 60))).toBeNull();
    expect(smbiosUuid('')).toBeNull();
    expect(smbiosUuid('xyz')).toBeNull();
  });
});

describe('one boot', () => {
  it('is the same within a minute, however the clock was set meanwhile', () => {
    const first = bootIdOf(1_700_000_100_000, 100_000);
    expect(first).toBe('boot-1700000000');
    expect(isSameBoot(first, 'boot-1700000060')).toBe(true);
    expect(isSameBoot(first, 'boot-1700000061')).toBe(false);
    expect(isSameBoot(first, 'nonsense')).toBe(false);
  });

  it('keeps the name it was noted by', () => {
    expect(settledBootId('boot-1700000030', 'boot-1700000000')).toBe('boot-1700000000');
    expect(settledBootId('boot-1700009999', 'boot-1700000000')).toBe('boot-1700009999');
    expect(settledBootId('boot-1700009999', null)).toBe('boot-1700009999');
  });
});

describe('files renamed at the next start', () => {
  it('come in pairs', () => {
    const key = parseRegQuery(fixture('reg/renames.txt'))[0];
    expect(pendingRenames(textOf(key, 'PendingFileRenameOperations') ?? '')).toEqual([
      { from: '\\??\\C:\\Windows\\Temp\\old.dll', to: null },
      { from: '\\??\\C:\\Program Files\\X\\new.sys', to: '!\\??\\C:\\Program Files\\X\\x.sys' },
    ]);
    expect(pendingRenames('')).toEqual([]);
  });
});

function valueOf(answers: ReturnType<typeof parsePowerShell>, name: string): unknown {
  const answer = answers?.get(name);
  return answer?.ok === true ? answer.value : undefined;
}
