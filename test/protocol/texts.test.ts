import { describe, expect, it } from 'vitest';
import { codes, Fault, asFault, faultCodes } from '#protocol/codes.ts';
import { readEnrolmentString, writeEnrolmentString } from '#protocol/enrolment.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';

describe('failure codes', () => {
  it.each(faultCodes)('%s has a title and a remedy for people', (code) => {
    const { title, remedy } = codes[code];
    expect(title.length).toBeGreaterThan(8);
    expect(remedy.length).toBeGreaterThan(8);
    expect(`${title} ${remedy}`).not.toMatch(/\b(assignment floor|journal|digest|transient|payload)\b/i);
  });

  it('travel as records that the schema takes, however long the detail is', () => {
    const record = new Fault('install.failed', 'x'.repeat(5000), { context: { code: 1 } }).toRecord();
    expect(faultRecordSchema.parse(record)).toEqual(record);
  });

  it('make a defect of whatever else was thrown, and keep its cause', () => {
    const cause = new TypeError('boom');
    expect(asFault(cause)).toMatchObject({ code: 'agent.defect', cause });
    expect(asFault('text').code).toBe('agent.defect');
  });
});

describe('enrolment strings', () => {
  const enrolment = {
    addresses: ['https://garrison.example:8443'],
    ownerKey: 'A'.repeat(43),
    keyId: 'k1',
    secret: 'c2VjcmV0',
  };
  const text = writeEnrolmentString(enrolment);

  it('come back as they were, blanks around them forgiven', () => {
    expect(readEnrolmentString(`\n  ${text} \n`)).toEqual(enrolment);
  });

  it.each([
    ['cut off', text.slice(0, -9)],
    ['of something else', 'eyJhIjoxfQ'],
    ['empty', ''],
    ['with a changed character', text.replace(/.(.{5})$/, '!$1')],
  ])('%s: refused with a code, its content not in the message', (_, broken) => {
    expect(() => readEnrolmentString(broken)).toThrow(expect.objectContaining({ code: 'enrol.malformed' }));
    try {
      readEnrolmentString(broken);
    } catch (error) {
      expect(String(error)).not.toContain('c2VjcmV0');
    }
  });
});
