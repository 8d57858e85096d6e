import { describe, expect, it } from 'vitest';
import {
  parseSddl,
  whyNotAncestor,
  whyNotFile,
  whyNotPrivate,
  whyNotUnwritable,
} from '#platform/windows/parse/sddl.ts';
import { fixture } from '#test/platform/windows/fixture.ts';

function descriptor(text: string) {
  const parsed = parseSddl(text.trim());
  if (parsed === null) throw new Error(`not understood: ${text}`);
  return parsed;
}
const recorded = (name: string) => descriptor(fixture(`sddl/${name}.txt`));

describe('G10 a directory of ours on Windows', () => {
  it('is private when only the system and administrators have it', () => {
    expect(whyNotPrivate(recorded('state'))).toBeNull();
    expect(whyNotPrivate(descriptor('O:S-1-5-32-544D:PAI(A;OICI;0x1f01ff;;;S-1-5-18)'))).toBeNull();
  });

  it.each([
    ['program-files', 'is open to BU'],
    ['program-data', 'is open to BU'],
    ['windows-temp', 'is open to BU'],
    ['made-by-a-user', 'belongs to S-1-5-21-1004336348-1177238915-682003330-1001'],
  ])('is refused with the rights of %s', (name, why) => {
    expect(whyNotPrivate(recorded(name))).toBe(why);
  });

  it.each([
    [
      'made by a user and handed to nobody',
      'O:S-1-5-21-1-2-3-1001D:P(A;OICI;FA;;;SY)',
      'belongs to S-1-5-21-1-2-3-1001',
    ],
    ['open to be read', 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FR;;;BU)', 'is open to BU'],
    ['open only to what is made in it', 'O:BAD:P(A;OICI;FA;;;SY)(A;OICIIO;GR;;;WD)', 'is open to WD'],
    ['with a right we do not know', 'O:BAD:P(A;OICI;ZZ;;;AU)', 'is open to AU'],
    ['open under a condition', 'O:BAD:P(XA;OICI;FA;;;AU;(@User.Department))', 'is open to AU'],
    ['without any list', 'O:BA', 'has no access list and is open to everybody'],
    ['with an empty protection', 'O:BAD:NO_ACCESS_CONTROL', 'has no access list and is open to everybody'],
  ])('is refused %s', (_, sddl, why) => {
    expect(whyNotPrivate(descriptor(sddl))).toBe(why);
  });

  it('is not opened by a denial', () => {
    expect(whyNotPrivate(descriptor('O:BAD:P(D;;FA;;;BU)(A;OICI;FA;;;SY)'))).toBeNull();
  });

  it.each([
    '',
    'nonsense',
    'O:BAD:P(XA;OICI;FA;;;AU;(Member_of {SID(BA)}))',
    'D:P(A;;FA;;;SY)',
    'O:BAD:P(A;;FA;;;SY',
    'O:BAD:P(A;;FA)',
    'O:BAD:Q(A;;FA;;;SY)',
  ])('is not judged by %j', (text) => {
    expect(parseSddl(text)).toBeNull();
  });
});

describe('G7 a file', () => {
  it('has no rights that others inherit: those are a directory’s, which stood in its place for a moment', () => {
    expect(whyNotFile(descriptor('O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)'))).toBeNull();
    for (const name of ['state', 'windows-temp', 'program-files']) {
      expect(whyNotFile(recorded(name))).toBe('has the rights of a directory');
    }
  });
});

describe('directories above', () => {
  it.each(['system-drive', 'program-files', 'windows-temp', 'program-data', 'state'])(
    'may have the rights of %s',
    (name) => {
      expect(whyNotAncestor(recorded(name))).toBeNull();
    },
  );

  it.each([['made-by-a-user', 'belongs to S-1-5-21-1004336348-1177238915-682003330-1001']])(
    'may not be %s',
    (name, why) => {
      expect(whyNotAncestor(recorded(name))).toBe(why);
    },
  );

  it.each(['DT', 'SD', 'WD', 'WO', 'GA', 'FA', '0x40', '0x10000'])('may not give %s to users', (right) => {
    expect(whyNotAncestor(descriptor(`O:SYD:P(A;;FA;;;SY)(A;;${right};;;AU)`))).toBe('lets AU replace what is in it');
    expect(whyNotAncestor(descriptor(`O:SYD:P(A;;FA;;;SY)(A;OICIIO;${right};;;AU)`))).toBeNull();
  });
});

describe('G7 a program of the vendor', () => {
  it('may be read by users and written by none', () => {
    const open = (right: string) => descriptor(`O:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;${right};;;BU)`);
    expect(whyNotUnwritable(open('0x1200a9'))).toBeNull();
    for (const right of ['FW', 'GW', 'DC', 'WD', '0x2', '0x4', '0x116']) {
      expect(whyNotUnwritable(open(right))).toBe('can be written by BU');
    }
  });
});
