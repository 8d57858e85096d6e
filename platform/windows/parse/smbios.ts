/** The firmware's own description of the machine, as the kernel keeps it (SMBIOS structure table). */

const systemInformation = 1;
const endOfTable = 127;
const uuidOffset = 8;
const uuidLength = 16;

/**
 * UUID of the system information structure (type 1) in hex; null when it is missing or says nothing (all zeros or all
 * ones). `hex` is the registry value `SMBiosData`: eight bytes of head (calling method, version, DMI revision, length),
 * then the structures, each followed by its strings and two zero bytes.
 */
export function smbiosUuid(hex: string): string | null {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return null;
  const bytes = bytesOf(hex);
  for (let at = 8; at + 4 <= bytes.length;) {
    const type = bytes[at] ?? endOfTable;
    const length = bytes[at + 1] ?? 0;
    if (type === endOfTable || length < 4) return null;
    if (type === systemInformation && length >= uuidOffset + uuidLength) {
      const uuid = hexOf(bytes.subarray(at + uuidOffset, at + uuidOffset + uuidLength));
      return /^(?:0+|f+)$/.test(uuid) ? null : uuid;
    }
    at = afterStrings(bytes, at + length);
  }
  return null;
}

function afterStrings(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at + 1 < bytes.length && (bytes[at] !== 0 || bytes[at + 1] !== 0)) at += 1;
  return at + 2;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
