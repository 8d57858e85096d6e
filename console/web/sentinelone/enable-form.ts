/** What is typed into the enable dialog, and what becomes of it. Password and code live here and nowhere else. */
export type Method = 'token' | 'password';

export interface EnableForm {
  readonly method: Method;
  readonly name: string;
  readonly address: string;
  readonly apiToken: string;
  readonly username: string;
  readonly password: string;
  readonly replaceToken: boolean;
  readonly codeAsked: boolean;
  readonly code: string;
  readonly siteId: string;
  readonly accountAsked: boolean;
  readonly accountId: string;
  readonly caPem: string;
  readonly versionPolicy: 'baseline' | 'latest-ga';
}

export const emptyForm: EnableForm = {
  method: 'token',
  name: 'SentinelOne',
  address: '',
  apiToken: '',
  username: '',
  password: '',
  replaceToken: false,
  codeAsked: false,
  code: '',
  siteId: '',
  accountAsked: false,
  accountId: '',
  caPem: '',
  versionPolicy: 'baseline',
};

/** What both ways send. */
export function commonBody({ name, address, siteId, accountId, caPem, versionPolicy }: EnableForm) {
  return {
    name,
    address,
    versionPolicy,
    ...(siteId.trim() !== '' && { siteId: siteId.trim() }),
    ...(accountId !== '' && { accountId }),
    ...(caPem.trim() !== '' && { caPem }),
  };
}

/** SentinelOne's own page about service users, on the console that was typed in; null: that is no address yet. */
export function serviceUserHelp(address: string): string | null {
  const text = address.trim().replace(/^https?:\/\//i, '');
  const host = /^[a-z0-9-]+$/i.test(text) ? `${text}.sentinelone.net` : (text.split(/[/?#]/)[0] ?? '');
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/i.test(host)) return null;
  return `https://${host.toLowerCase()}/docs/en/service-users.html`;
}
