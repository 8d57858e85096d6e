/** A whole managed Mac: the real agent over the real macOS adapter, on a Mac in memory, with its console. */
import type { Candidate } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { defaultPlaces } from '#agent/places.ts';
import { Device, type DeviceOptions } from '#test/worlds/host/device.ts';
import { Mac } from '#test/worlds/macos/mac.ts';
import { macPlatform } from '#test/worlds/macos/outside.ts';
import { fixtureBytes } from '#test/platform/macos/fixture.ts';

const packageBytes: Buffer<ArrayBuffer> = Buffer.from(fixtureBytes('pkg/product.pkg'));

const candidate: Candidate = {
  target: 'macos',
  format: 'pkg',
  version: '24.2.2.7632',
  fileName: 'Sentinel-Release-24-2-2-7632_macos_v24_2_2_7632.pkg',
  sizeBytes: packageBytes.length,
  sha256: sha256Hex(packageBytes),
  source: 'baseline',
  release: 'ga',
};

export interface MacDevice {
  readonly device: Device;
  readonly mac: Mac;
}

export function macDevice(options: DeviceOptions = {}): MacDevice {
  const made: { mac: Mac | null } = { mac: null };
  const device = new Device({
    ...options,
    system: {
      places: defaultPlaces('macos'),
      candidate,
      packageBytes,
      platform(host, process) {
        made.mac ??= new Mac(host);
        return macPlatform(made.mac, process);
      },
    },
  });
  made.mac ??= new Mac(device.host);
  return { device, mac: made.mac };
}
