import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionButtonProps extends ButtonProps {
  readonly onClick: () => void;
  /** Why it cannot be pressed; null: it can. Reached by keyboard too, so the button stays focusable. */
  readonly refusal: string | null;
  readonly children: ReactNode;
}

/** A button that is disabled only with its true reason. */
export function ActionButton({ onClick, refusal, children, ...rest }: ActionButtonProps) {
  if (refusal === null) {
    return (
      <Button onClick={onClick} {...rest}>
        {children}
      </Button>
    );
  }
  return (
    <Tooltip label={refusal} multiline maw={320}>
      <Button {...rest} data-disabled aria-disabled="true" onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  );
}
