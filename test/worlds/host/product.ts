/** The vendor's product on the in-memory host, and what its control program prints, in the shape of recorded outputs. */
export interface Product {
  package: 'absent' | 'partial' | 'present';
  /** The package database's own word. */
  detail: string;
  version: string;
  service: 'absent' | 'stopped' | 'running';
  enabled: boolean;
  engine: 'Initialized' | 'Failed';
  /** World time from which on it is connected; null: never. */
  connectedFromMs: number | null;
  /** Where it registered, read from the site token that its installer got; null: nowhere. */
  registration: { readonly url: string; readonly siteKey: string } | null;
}

export const noProduct: Product = {
  package: 'absent',
  detail: '',
  version: '24.2.2.20',
  service: 'absent',
  enabled: true,
  engine: 'Initialized',
  connectedFromMs: null,
  registration: null,
};

/** `sentinelctl ARGUMENTS` of the product as it stands at `nowMs`. */
export function sentinelctl(
  product: Product,
  args: readonly string[],
  nowMs: number,
): { code: number; stdout: string } {
  switch (args.join(' ')) {
    case 'control start':
      return { code: 0, stdout: 'Agent is running\n' };
    case 'version':
      return { code: 0, stdout: `Agent version: ${product.version}\nSentinelCTL version: ${product.version}\n` };
    case 'control status':
      return { code: 0, stdout: controlStatus(product) };
    case 'engines status':
      return { code: 0, stdout: `DFI engine       Enabled\nDFI library      ${product.engine}\n` };
    case 'management status':
      return { code: 0, stdout: managementStatus(product, nowMs) };
    default:
      return { code: 1, stdout: 'unknown command\n' };
  }
}

function controlStatus({ enabled, service }: Product): string {
  const pid = (number: number): string => (service === 'running' ? String(number) : '-');
  const processes = ['orchestrator', 'network', 'scanner', 'agent'].map(
    (name, index) => `${name}     ${pid(900 + index)}`,
  );
  return `Agent state      ${enabled ? 'Enabled' : 'Disabled'}\n\nProcess Name     PID\n${processes.join('\n')}\n`;
}

function managementStatus(product: Product, nowMs: number): string {
  const { registration, service, connectedFromMs } = product;
  const connected =
    service === 'running' && registration !== null && connectedFromMs !== null && nowMs >= connectedFromMs;
  return [
    'Anti Tamper      On',
    `Connectivity     ${connected ? 'On' : 'Off'}`,
    `Site-Key         ${registration?.siteKey ?? 'undefined'}`,
    `URL              ${registration?.url ?? 'undefined'}`,
    'UUID             4f1c1f0a-5b0e-4c0e-9a55-0123456789ab',
    '',
  ].join('\n');
}
