import { PasswordInput } from '@mantine/core';
import { useState } from 'react';

/** Twice the same, at least 12 characters; null as long as it is not. */
export function NewPasswordFields({ onChange }: { onChange: (password: string | null) => void }) {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== password;
  const say = (one: string, other: string): void => onChange(one === other && one.length >= 12 ? one : null);
  return (
    <>
      <PasswordInput
        label="New password"
        description="At least 12 characters"
        autoComplete="new-password"
        required
        withAsterisk={false}
        minLength={12}
        value={password}
        onChange={(event) => {
          setPassword(event.currentTarget.value);
          say(event.currentTarget.value, again);
        }}
      />
      <PasswordInput
        label="New password again"
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={again}
        error={differs ? 'The two are not the same' : undefined}
        onChange={(event) => {
          setAgain(event.currentTarget.value);
          say(password, event.currentTarget.value);
        }}
      />
    </>
  );
}
