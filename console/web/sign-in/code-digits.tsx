import { Anchor, PinInput, Text, TextInput } from '@mantine/core';
import { useId, useState } from 'react';

interface CodeDigitsProps {
  readonly value: string;
  readonly onChange: (code: string) => void;
  readonly onComplete: (code: string) => void;
  /** A recovery code may stand in. */
  readonly orRecovery?: boolean;
}

/** Six digits of an authenticator, or one of the codes for the day it is lost. */
export function CodeDigits({ value, onChange, onComplete, orRecovery = false }: CodeDigitsProps) {
  const label = useId();
  const [recovering, setRecovering] = useState(false);
  const switchTo = (recovery: boolean): void => {
    onChange('');
    setRecovering(recovery);
  };
  if (recovering) {
    return (
      <div>
        <TextInput
          label="Recovery code"
          description="Each works once"
          autoComplete="off"
          autoFocus
          value={value}
          onChange={(event) => onChange(event.currentTarget.value.trim())}
        />
        <Anchor component="button" type="button" size="sm" mt={6} onClick={() => switchTo(false)}>
          Use the authenticator app
        </Anchor>
      </div>
    );
  }
  return (
    <div role="group" aria-labelledby={label}>
      <Text id={label} size="sm" fw={500} mb={4}>
        6-digit code of your authenticator app
      </Text>
      <PinInput
        length={6}
        type="number"
        autoFocus
        value={value}
        onChange={onChange}
        onComplete={onComplete}
        ariaLabel="Digit of the code"
      />
      {orRecovery && (
        <Anchor component="button" type="button" size="sm" mt={6} onClick={() => switchTo(true)}>
          Use a recovery code
        </Anchor>
      )}
    </div>
  );
}
