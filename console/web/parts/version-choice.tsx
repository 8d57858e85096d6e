import { Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { versionPolicySchema, type VersionPolicy } from '#protocol/assignment.ts';

const everywhere = 'everywhere';
type Kind = VersionPolicy['kind'] | typeof everywhere;

export interface VersionChoice {
  readonly kind: Kind;
  readonly version: string;
}

const choices: readonly { readonly value: VersionPolicy['kind']; readonly label: string }[] = [
  { value: 'baseline', label: "Garrison's tested version" },
  { value: 'latest-ga', label: 'Latest GA version' },
  { value: 'exact', label: 'This version…' },
];

export function versionPolicyWords(policy: VersionPolicy): string {
  if (policy.kind === 'exact') return policy.version;
  return policy.kind === 'baseline' ? "Garrison's tested version" : 'the latest GA version';
}

export function useVersionChoice(policy: VersionPolicy | null) {
  const kind: Kind = policy?.kind ?? everywhere;
  const [choice, change] = useState<VersionChoice>({ kind, version: policy?.kind === 'exact' ? policy.version : '' });
  const parsed = versionPolicySchema.safeParse(choice.kind === 'exact' ? choice : { kind: choice.kind });
  const wanted: { policy: VersionPolicy | null } | null =
    choice.kind === everywhere ? { policy: null } : parsed.success ? { policy: parsed.data } : null;
  const same = wanted !== null && JSON.stringify(wanted.policy) === JSON.stringify(policy);
  /** null: not a version. */
  return { choice, change, wanted, same };
}

interface FieldsProps {
  readonly label: string;
  readonly choice: VersionChoice;
  readonly change: (choice: VersionChoice) => void;
  /** Whether the entered version cannot be one. */
  readonly wrong: boolean;
  /** Words for the choice that all others share; left out where there is none to share. */
  readonly asEverywhere?: string;
  readonly disabled?: boolean;
}

export function VersionFields({ label, choice, change, wrong, asEverywhere, disabled = false }: FieldsProps) {
  const shared = asEverywhere === undefined ? [] : [{ value: everywhere, label: asEverywhere }];
  return (
    <Group align="flex-start" gap="sm">
      <NativeSelect
        label={label}
        data={[...shared, ...choices]}
        value={choice.kind}
        disabled={disabled}
        onChange={(event) => change({ ...choice, kind: event.currentTarget.value as Kind })}
      />
      {choice.kind === 'exact' && (
        <TextInput
          label="Version"
          placeholder="24.2.2.20"
          value={choice.version}
          error={choice.version !== '' && wrong ? 'Numbers and dots only' : undefined}
          onChange={(event) => change({ ...choice, version: event.currentTarget.value.trim() })}
        />
      )}
    </Group>
  );
}
