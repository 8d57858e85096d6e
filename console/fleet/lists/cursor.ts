/** Where a page ended: opaque to the page, checked when it comes back. Pure. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';

const cursorSchema = z.tuple([z.union([z.string().max(300), z.number()]), z.string().max(64)]);
export type Cursor = z.infer<typeof cursorSchema>;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

export function readCursor(text: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (error) {
    throw new Fault('request.invalid', 'this is not a place in a list', { cause: error });
  }
}
