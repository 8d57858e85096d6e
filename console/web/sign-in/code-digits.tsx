import { PinInput, Text } from '@mantine/core';
import { useId } from 'react';

interface CodeDigitsProps {
  readonly value: string;
  readonly onChange: (code: string) => void;
  readonly onComplete: (code: string) => void;
}

/** Six digits of an authenticator. */
export function CodeDigits({ value, onChange, onComplete }: CodeDigitsProps) {
  const label = useId();
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
    </div>
  );
}
