import { PasswordInput, SimpleGrid, Textarea, TextInput } from '@mantine/core';
import type { SignOnProvider } from '#console/api/sign-on.ts';

export interface SignOnForm {
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly domains: string;
  readonly caPem: string;
  readonly enabled: boolean;
}

export function formOf(provider: SignOnProvider | null): SignOnForm {
  return {
    label: provider?.label ?? '',
    issuer: provider?.issuer ?? '',
    clientId: provider?.clientId ?? '',
    clientSecret: '',
    domains: (provider?.mailDomains ?? []).join(', '),
    caPem: provider?.caPem ?? '',
    enabled: provider?.enabled ?? true,
  };
}

/** As it is sent: an empty secret means the one that is known. */
export function bodyOf({ label, issuer, clientId, clientSecret, domains, caPem, enabled }: SignOnForm) {
  return {
    label,
    issuer,
    clientId,
    clientSecret: clientSecret === '' ? null : clientSecret,
    mailDomains: domains
      .split(/[\s,;]+/)
      .map((domain) => domain.replace(/^@/, ''))
      .filter((domain) => domain !== ''),
    caPem: caPem.trim() === '' ? null : caPem,
    enabled,
  };
}

interface SignOnFieldsProps {
  readonly form: SignOnForm;
  readonly set: (part: Partial<SignOnForm>) => void;
  /** A secret is known already. */
  readonly kept: boolean;
}

export function SignOnFields({ form, set, kept }: SignOnFieldsProps) {
  const text = (name: keyof Omit<SignOnForm, 'enabled'>) => ({
    value: form[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      set({ [name]: event.currentTarget.value }),
  });
  return (
    <>
      <TextInput
        label="Name of the provider"
        description="Stands on the button: “Sign in with …”"
        required
        withAsterisk={false}
        maxLength={40}
        {...text('label')}
      />
      <TextInput
        label="Issuer"
        description="An https address, as the provider names itself"
        required
        withAsterisk={false}
        autoComplete="off"
        {...text('issuer')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label="Client id"
          description="Of Garrison at the provider"
          required
          withAsterisk={false}
          autoComplete="off"
          {...text('clientId')}
        />
        <PasswordInput
          label="Client secret"
          description={kept ? 'Empty: the one known stays' : 'Kept sealed, never shown'}
          required={!kept}
          withAsterisk={false}
          autoComplete="new-password"
          {...text('clientSecret')}
        />
      </SimpleGrid>
      <TextInput
        label="Only addresses of these e-mail domains"
        description="Such as example.com, example.org. The provider must say that it has verified the address. Empty: whomever it lets in"
        autoComplete="off"
        {...text('domains')}
      />
      <Textarea
        label="Certificate of its authority"
        description="PEM, only for a provider with an authority of its own"
        autosize
        minRows={1}
        maxRows={6}
        {...text('caPem')}
      />
    </>
  );
}
