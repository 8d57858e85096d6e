import { expect, test } from 'vitest';
import { withoutForeign } from '#agent/doors.ts';

test.each([
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'OPENSSL_CONF',
  'SSL_CERT_FILE',
  'UV_THREADPOOL_SIZE',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'DYLD_INSERT_LIBRARIES',
  'GLIBC_TUNABLES',
  'MALLOC_PERTURB_',
  'LOCPATH',
  'RESOLV_HOST_CONF',
  'https_proxy',
  'HTTP_PROXY',
  'ALL_PROXY',
  'no_proxy',
  'node_options',
  'Ssl_Cert_File',
])('%s does not get past the door', (name) => {
  expect(withoutForeign({ PATH: '/bin', [name]: 'x' })).toEqual({ PATH: '/bin' });
});

test('an environment without such variables needs no new start', () => {
  const kept = [
    'PATH',
    'LANG',
    'HOME',
    'TERM',
    'NOTIFY_SOCKET',
    'CREDENTIALS_DIRECTORY',
    'INVOCATION_ID',
    'LDAP',
    'NODES',
    'RESULT',
  ];
  expect(withoutForeign(Object.fromEntries(kept.map((name) => [name, 'x'])))).toBeNull();
});
