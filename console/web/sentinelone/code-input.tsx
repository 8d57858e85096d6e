import { PinInput, Text } from '@mantine/core';
import { useId } from 'react';

interface CodeInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onComplete: (value: string) => void;
}

/** The six digits of an authenticator that belongs to SentinelOne. */
export function CodeInput({ value, onChange, onComplete }: CodeInputProps) {
  const label = useId();
  return (
    <div role="group" aria-labelledby={label}>
      <Text id={label} size="sm" fw={600} mb={4}>
        6-digit authentication code
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
