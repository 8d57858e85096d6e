import type { CodeRow } from '#protocol/codes/row.ts';

/** Single sign-on: what an administrator sets up, and what somebody who signs in is told. */
export const signOnCodes = {
  'sign-on.off': {
    class: 'permanent',
    title: 'Single sign-on is not in use',
    remedy: 'Sign in with name and password. An administrator sets it up under Settings, Single sign-on.',
  },
  'sign-on.address': {
    class: 'permanent',
    title: 'The sign-on provider cannot have this address',
    remedy: 'Copy the issuer from the provider: an https address, outside of the machine that Garrison runs on.',
  },
  'sign-on.unreachable': {
    class: 'transient',
    title: 'The sign-on provider does not answer',
    remedy:
      'Check the name, and that this console may reach the provider over https. Local accounts can still sign in.',
  },
  'sign-on.untrusted': {
    class: 'permanent',
    title: 'The certificate of the sign-on provider cannot be trusted',
    remedy: 'If it comes from an authority of your own, paste its certificate under Settings, Single sign-on.',
  },
  'sign-on.no-discovery': {
    class: 'permanent',
    title: 'There is no sign-on provider at this address',
    remedy:
      'Copy the issuer once more. Below it the provider publishes /.well-known/openid-configuration; open that address in a browser.',
  },
  'sign-on.issuer-mismatch': {
    class: 'permanent',
    title: 'The provider calls itself by another issuer',
    remedy: 'Use the issuer that it names. With Entra ID it holds the id of your own tenant, never “common”.',
  },
  'sign-on.unsupported': {
    class: 'permanent',
    title: 'The provider cannot do what Garrison needs',
    remedy:
      'It must offer the authorization code flow with PKCE (S256), sign ID tokens with RS, PS, ES or EdDSA, and publish its keys.',
  },
  'sign-on.client-refused': {
    class: 'permanent',
    title: 'The provider does not accept the client id or secret',
    remedy: 'An administrator signs in with a password and enters them again under Settings, Single sign-on.',
  },
  'sign-on.provider-refused': {
    class: 'permanent',
    title: 'The provider did not let you sign in',
    remedy: 'Try again, or ask whoever runs the provider whether you may use Garrison.',
  },
  'sign-on.flow-lost': {
    class: 'permanent',
    title: 'This sign-in is over',
    remedy: 'It took longer than ten minutes, was used before, or began in another browser. Begin again.',
  },
  'sign-on.token-refused': {
    class: 'permanent',
    title: 'What the provider said about you does not hold',
    remedy: 'The activity log of Garrison says what did not fit. Nobody was signed in.',
  },
  'sign-on.no-role': {
    class: 'condition',
    title: 'You have no role in Garrison yet',
    remedy: 'Ask an administrator to give you one under Settings, Operators. Then sign in again.',
  },
  'sign-on.disabled': {
    class: 'permanent',
    title: 'Your account is disabled',
    remedy: 'Ask an administrator to allow it again.',
  },
  'sign-on.domain': {
    class: 'permanent',
    title: 'Your e-mail address is not among those that may sign in here',
    remedy: 'Use an address of your organisation that the provider has verified, or ask an administrator.',
  },
  'sign-on.waiting-full': {
    class: 'permanent',
    title: 'Too many people wait for a role already',
    remedy: 'An administrator gives them roles or removes them under Settings, Operators. Then sign in again.',
  },
  'sign-on.not-fresh': {
    class: 'permanent',
    title: 'The provider did not ask you to sign in again',
    remedy:
      'It must say when you signed in (auth_time), and have asked again just now. If it cannot, use a local account for this.',
  },
  'sign-on.other-person': {
    class: 'permanent',
    title: 'Somebody else signed in at the provider',
    remedy: 'Sign in there as the person who is signed in here.',
  },
  'sign-on.last-local': {
    class: 'permanent',
    title: 'Nobody could sign in without the provider',
    remedy: 'First make an administrator of everything with a password, under Settings, Operators.',
  },
} as const satisfies Record<string, CodeRow>;
