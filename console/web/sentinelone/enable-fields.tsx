import { Checkbox, PasswordInput, Radio, Stack, TextInput } from '@mantine/core';
import { LeaveButton } from '#console/web/parts/leave-button.tsx';
import { serviceUserHelp, type EnableForm, type Method } from '#console/web/sentinelone/enable-form.ts';

interface FieldsProps {
  readonly form: EnableForm;
  readonly change: (change: Partial<EnableForm>) => void;
}

export function MethodChoice({ form, change }: FieldsProps) {
  return (
    <Radio.Group
      label="How to enable it"
      value={form.method}
      onChange={(method) => change({ method: method as Method, codeAsked: false, code: '' })}
    >
      <Stack gap={6} mt={6}>
        <Radio value="token" label="With an API token (recommended)" />
        <Radio value="password" label="With user name and password: used once to make an API token" />
      </Stack>
    </Radio.Group>
  );
}

export function TokenFields({ form, change }: FieldsProps) {
  const help = serviceUserHelp(form.address);
  return (
    <Stack gap={6} align="stretch">
      <PasswordInput
        label="API token"
        description="In SentinelOne: Settings, Users, Service Users, Create new service user. It is shown there once; here it is sealed at once and never shown again."
        required
        withAsterisk={false}
        autoComplete="off"
        value={form.apiToken}
        onChange={(event) => change({ apiToken: event.currentTarget.value })}
      />
      {help !== null && (
        <div>
          <LeaveButton url={help} name="SentinelOne" label="How to make one in SentinelOne…" />
        </div>
      )}
    </Stack>
  );
}

export function PasswordFields({ form, change }: FieldsProps) {
  return (
    <>
      <TextInput
        label="SentinelOne user"
        description="Its e-mail address. Users of single sign-on and codes by SMS do not work here."
        required
        withAsterisk={false}
        autoComplete="off"
        spellCheck={false}
        value={form.username}
        onChange={(event) => change({ username: event.currentTarget.value })}
      />
      <PasswordInput
        label="Password"
        description="Used now and kept nowhere"
        required
        withAsterisk={false}
        autoComplete="off"
        value={form.password}
        onChange={(event) => change({ password: event.currentTarget.value })}
      />
      <Checkbox
        label="If this user has an API token already, replace it (whoever uses it loses access)"
        checked={form.replaceToken}
        onChange={(event) => change({ replaceToken: event.currentTarget.checked })}
      />
    </>
  );
}

export function ScopeFields({ form, change }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Site ID"
        description="Leave it empty to use every site the API token reaches. In SentinelOne: Settings, Sites, the site, Site Info."
        inputMode="numeric"
        autoComplete="off"
        value={form.siteId}
        onChange={(event) => change({ siteId: event.currentTarget.value })}
      />
      {form.accountAsked && (
        <TextInput
          label="Account ID"
          description="One of those named above"
          inputMode="numeric"
          autoComplete="off"
          value={form.accountId}
          onChange={(event) => change({ accountId: event.currentTarget.value.trim() })}
        />
      )}
      <Radio.Group
        label="Which version new installs use"
        value={form.versionPolicy}
        onChange={(value) => change({ versionPolicy: value === 'latest-ga' ? 'latest-ga' : 'baseline' })}
      >
        <Stack gap={6} mt={6}>
          <Radio value="baseline" label="Garrison's tested versions" />
          <Radio value="latest-ga" label="The latest GA version that SentinelOne lists" />
        </Stack>
      </Radio.Group>
    </>
  );
}
