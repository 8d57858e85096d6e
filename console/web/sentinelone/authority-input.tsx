import { Textarea } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';

interface AuthorityInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly summary?: string;
}

/** For consoles on one's own premises; pasted, because a path would be one on the server. */
export function AuthorityInput({
  value,
  onChange,
  summary = 'Own certificate authority (consoles on your own premises)',
}: AuthorityInputProps) {
  return (
    <details open={value !== ''}>
      <summary>
        <IconChevronRight size={16} className="turn" aria-hidden />
        {summary}
      </summary>
      <Textarea
        mt="xs"
        label="Certificate of the authority"
        description="Its PEM text, from -----BEGIN CERTIFICATE----- on"
        autosize
        minRows={3}
        maxRows={8}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </details>
  );
}
