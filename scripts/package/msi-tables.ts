/**
 * What `wixl` cannot say of our MSI, as tables in the form that `msibuild` imports. Pure.
 *
 * There is no custom action (G30): all of it are tables that Windows Installer itself knows.
 */
import { agentName, ids, type MsiFacts } from './msi-source.ts';

type Cell = string | number | null;

interface Table {
  readonly name: string;
  /** Name and type as Windows Installer spells it: "s72" text, "S72" text or nothing, "i2" a number. */
  readonly columns: readonly (readonly [string, string])[];
  readonly keys: number;
  readonly rows: readonly (readonly Cell[])[];
}

interface TableFacts extends MsiFacts {
  /** GUID of exactly these contents, without braces. */
  readonly packageCode: string;
}

/** Files by their names, each one table. */
export function msiTables(facts: TableFacts): Readonly<Record<string, string>> {
  const tables = [
    summary(facts),
    conditions(facts),
    sequence,
    enrolment,
    rights,
    search,
    locators(facts),
    removals,
    registry,
  ];
  return Object.fromEntries(tables.map((table) => [`${table.name}.idt`, written(table)]));
}

function written({ name, columns, keys, rows }: Table): string {
  const lines = [
    columns.map(([column]) => column),
    columns.map(([, type]) => type),
    [name, ...columns.slice(0, keys).map(([column]) => column)],
    ...rows.map((row) => row.map((cell) => cell ?? '')),
  ];
  return lines.map((line) => `${line.join('\t')}\r\n`).join('');
}

/** Nothing of the moment or of the machine it was made on. */
function summary({ target, packageCode, epochSeconds }: TableFacts): Table {
  const made = new Date(epochSeconds * 1000).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  return {
    name: '_SummaryInformation',
    columns: [
      ['PropertyId', 'i2'],
      ['Value', 'l255'],
    ],
    keys: 1,
    rows: [
      [1, 1252],
      [2, 'Installation Database'],
      [3, 'Garrison agent'],
      [4, 'Garrison'],
      [5, 'Installer'],
      [7, `${target === 'windows-x64' ? 'x64' : 'Intel'};1033`],
      [9, `{${packageCode}}`],
      [12, made],
      [13, made],
      // Windows Installer 5.0, which every Windows has that we run on.
      [14, 500],
      [15, 2],
      [18, 'Garrison'],
      [19, 2],
    ],
  };
}

/**
 * Below 8.1 the agent's runtime does not start. A repair would lay an old version down again, and any user may ask for one
 * (G15, G30): there is none.
 */
function conditions({ target }: MsiFacts): Table {
  const floor = 'Garrison needs Windows 8.1, Windows Server 2012 R2 or newer.';
  const processor = 'This package is for 32-bit Windows. Take the package for 64-bit Windows (x64).';
  const repair = 'The Garrison agent cannot be repaired. Remove it and install it again; it stays the same device.';
  const downgrade = 'A newer version of the Garrison agent is installed. It is not replaced by an older one.';
  return {
    name: 'LaunchCondition',
    columns: [
      ['Condition', 's255'],
      ['Description', 'l255'],
    ],
    keys: 1,
    rows: [
      ['VersionNT >= 603', floor],
      ...(target === 'windows-x86' ? [['NOT VersionNT64', processor]] : []),
      ['NOT REINSTALL', repair],
      ['NOT WIX_DOWNGRADE_DETECTED', downgrade],
    ],
  };
}

const installed = 'NOT Installed';
/** A removal that is no part of an upgrade. */
const leaving = 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE';

/**
 * The old version goes inside the transaction of the new one, so that a failed upgrade leaves the old one. Its service is
 * stopped and not deleted then: one that somebody looks at could not be made again.
 */
const sequence: Table = {
  name: 'InstallExecuteSequence',
  columns: [
    ['Action', 's72'],
    ['Condition', 'S255'],
    ['Sequence', 'I2'],
  ],
  keys: 1,
  rows: [
    ['FindRelatedProducts', null, 25],
    ['AppSearch', leaving, 50],
    ['LaunchConditions', null, 100],
    ['ValidateProductID', null, 700],
    ['CostInitialize', null, 800],
    ['FileCost', null, 900],
    ['CostFinalize', null, 1000],
    ['MigrateFeatureStates', null, 1200],
    ['InstallValidate', null, 1400],
    ['InstallInitialize', null, 1500],
    ['RemoveExistingProducts', null, 1510],
    ['ProcessComponents', null, 1600],
    ['UnpublishFeatures', null, 1800],
    ['StopServices', 'VersionNT', 1900],
    ['DeleteServices', 'VersionNT AND NOT UPGRADINGPRODUCTCODE', 2000],
    ['RemoveRegistryValues', null, 2600],
    ['RemoveFiles', null, 3500],
    ['RemoveFolders', null, 3600],
    ['CreateFolders', null, 3700],
    ['MoveFiles', installed, 3800],
    ['InstallFiles', null, 4000],
    ['WriteRegistryValues', null, 5000],
    ['InstallServices', 'VersionNT', 5800],
    ['StartServices', 'VersionNT', 5900],
    ['RegisterUser', null, 6000],
    ['RegisterProduct', null, 6100],
    ['PublishFeatures', null, 6300],
    ['PublishProduct', null, 6400],
    ['InstallFinalize', null, 6600],
  ],
};

/**
 * `ENROLMENTFILE=PATH` at a first install or an upgrade: a copy of that file, made where only administrators read, is taken
 * in by the agent and removed. The string itself is never a property: those stand in command lines and logs.
 */
const enrolment: Table = {
  name: 'MoveFile',
  columns: [
    ['FileKey', 's72'],
    ['Component_', 's72'],
    ['SourceName', 'L255'],
    ['DestName', 'L255'],
    ['SourceFolder', 'S72'],
    ['DestFolder', 's72'],
    ['Options', 'i2'],
  ],
  keys: 1,
  rows: [['Enrolment', ids.stateFolder, null, 'enrolment', 'ENROLMENTFILE', ids.state, 0]],
};

/** Of the State directory from its first moment (G10); the service host asks for the same. */
const rights: Table = {
  name: 'MsiLockPermissionsEx',
  columns: [
    ['MsiLockPermissionsEx', 's72'],
    ['LockObject', 's72'],
    ['Table', 's32'],
    ['SDDLText', 's0'],
    ['Condition', 'S255'],
  ],
  keys: 1,
  rows: [['State', ids.state, 'CreateFolder', 'O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)', null]],
};

/** The service host keeps a record of what lies below the program root and came by no package: see its README. */
const recordKey = 'SOFTWARE\\Garrison\\Agent';
const slots = ['Left1', 'Left2', 'Left3', 'Left4'] as const;
const recorded = ['Root', ...slots] as const;
const property = (value: string): string => `FOUND${value.toUpperCase()}`;

/** Only in a removal that is no part of an upgrade; else these properties are empty, and what rests on them does nothing. */
const search: Table = {
  name: 'AppSearch',
  columns: [
    ['Property', 's72'],
    ['Signature_', 's72'],
  ],
  keys: 2,
  rows: recorded.map((value) => [property(value), value]),
};

function locators({ target }: MsiFacts): Table {
  const [rawValue, wide] = [2, target === 'windows-x64' ? 16 : 0];
  const localMachine = 2;
  return {
    name: 'RegLocator',
    columns: [
      ['Signature_', 's72'],
      ['Root', 'i2'],
      ['Key', 's255'],
      ['Name', 'S255'],
      ['Type', 'I2'],
    ],
    keys: 1,
    rows: recorded.map((value) => [value, localMachine, recordKey, value, rawValue + wide]),
  };
}

const onRemoval = 2;

/** Versions that we updated ourselves to, and the host's own files: by their names, never whatever is there. */
const removals: Table = {
  name: 'RemoveFile',
  columns: [
    ['FileKey', 's72'],
    ['Component_', 's72'],
    ['FileName', 'L255'],
    ['DirProperty', 's72'],
    ['InstallMode', 'i2'],
  ],
  keys: 1,
  rows: [
    ...['current', 'seen', 'trial', 'fallback'].flatMap((name) => [
      [`Host.${name}`, ids.host, name, property('Root'), onRemoval],
      [`Host.${name}.new`, ids.host, `${name}.new`, property('Root'), onRemoval],
      [`Agent.${name}.new`, ids.host, `.${name}.new`, property('Root'), onRemoval],
    ]),
    ...slots.flatMap((slot) => [
      [`${slot}.program`, ids.host, agentName, property(slot), onRemoval],
      [`${slot}.folder`, ids.host, null, property(slot), onRemoval],
    ]),
    ['Versions.folder', ids.host, null, ids.versions, onRemoval],
  ],
};

/** "-": the host's record goes with the host. */
const registry: Table = {
  name: 'Registry',
  columns: [
    ['Registry', 's72'],
    ['Root', 'i2'],
    ['Key', 'l255'],
    ['Name', 'L255'],
    ['Value', 'L0'],
    ['Component_', 's72'],
  ],
  keys: 1,
  rows: [['Record', 2, recordKey, '-', null, ids.host]],
};
