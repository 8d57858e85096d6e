/** A small document of ours on disk: validated when read, replaced as a whole when written. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';

const documentBytesMax = 512 * 1024;

export interface JsonFile<T> {
  /** null when absent. Fault `state.lost` when it cannot be read as what we wrote. */
  read(): Promise<T | null>;
  write(value: T): Promise<void>;
  remove(): Promise<void>;
}

export function jsonFile<S extends z.ZodType>(directory: Directory, name: string, schema: S): JsonFile<z.infer<S>> {
  return {
    async read() {
      const bytes = await directory.read(name, documentBytesMax);
      if (bytes === null) return null;
      try {
        return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      } catch (error) {
        throw new Fault('state.lost', `${name} cannot be read`, { cause: error });
      }
    },
    write: (value) => directory.replace(name, Buffer.from(`${JSON.stringify(value)}\n`)),
    remove: () => directory.remove(name),
  };
}
