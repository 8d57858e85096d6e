import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Problem } from '#protocol/fault-record.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { ProblemError } from '#console/web/server/client.ts';
import { isFaultCode } from '#protocol/codes.ts';

/** Title and remedy of anything that went wrong; what is not a problem document is an answer we cannot read. */
export function problemWords(error: unknown): { title: string; detail: string; remedy: string } {
  if (error instanceof ProblemError) return wordsOf(error.problem);
  return { title: 'The answer of the console was not understood', detail: '', remedy: 'Reload the page.' };
}

function wordsOf(problem: Problem): { title: string; detail: string; remedy: string } {
  const words = isFaultCode(problem.code) ? faultWords(problem) : null;
  const fields = (problem.fields ?? []).map((field) => `${field.path}: ${field.problem}`).join('; ');
  return {
    title: words?.title ?? plain(problem.title),
    detail: plain([problem.detail, fields].filter(Boolean).join(' ')),
    remedy: words?.remedy ?? plain(problem.remedy ?? ''),
  };
}

export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, remedy } = problemWords(error);
  return (
    <Alert
      role="alert"
      variant="outline"
      color="red"
      c="inherit"
      icon={<IconAlertTriangle aria-hidden />}
      title={title}
    >
      {detail !== '' && (
        <Text size="sm" className="device-text">
          {detail}
        </Text>
      )}
      <Text size="sm">{remedy}</Text>
      {onRetry && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
