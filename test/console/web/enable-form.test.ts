import { describe, expect, it } from 'vitest';
import { serviceUserHelp } from '#console/web/sentinelone/enable-form.ts';

describe('the way to the page about service users', () => {
  const page = 'https://usea1-acme.sentinelone.net/docs/en/service-users.html';
  it.each([
    ['usea1-acme', page],
    ['USEA1-acme.sentinelone.net', page],
    [' https://usea1-acme.sentinelone.net//login?next=/x ', page],
    ['s1.acme.example:8443', 'https://s1.acme.example:8443/docs/en/service-users.html'],
    ['', null],
    ['javascript:alert(1)', null],
    ['user:secret@acme.example', null],
    ['acme example', null],
  ])('%s', (typed, url) => {
    expect(serviceUserHelp(typed)).toBe(url);
  });
});
