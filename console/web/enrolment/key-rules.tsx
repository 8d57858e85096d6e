import { Checkbox, NumberInput } from '@mantine/core';

export interface Rules {
  readonly days: number | string;
  readonly uses: number | string;
  readonly approval: boolean;
}

export const noRules: Rules = { days: 7, uses: '', approval: false };

export function rulesBody({ days, uses, approval }: Rules) {
  return { lifetimeDays: Number(days), usesMax: uses === '' ? null : Number(uses), approval };
}

/** How long a key lives and what it lets in. */
export function KeyRules({ rules, setRules }: { rules: Rules; setRules: (rules: Rules) => void }) {
  return (
    <>
      <NumberInput
        label="Ends after days"
        min={1}
        max={365}
        value={rules.days}
        onChange={(days) => setRules({ ...rules, days })}
        required
        withAsterisk={false}
      />
      <NumberInput
        label="Number of devices"
        description="Empty: any number"
        min={1}
        max={100_000}
        value={rules.uses}
        onChange={(uses) => setRules({ ...rules, uses })}
      />
      <Checkbox
        label="Ask for approval of each device"
        description="A device that comes in waits on this screen and gets nothing until somebody approves it"
        checked={rules.approval}
        onChange={(event) => setRules({ ...rules, approval: event.currentTarget.checked })}
      />
    </>
  );
}
