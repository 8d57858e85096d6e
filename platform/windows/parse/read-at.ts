/** Reads `length` bytes at `position` of a file, fewer at its end. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** Numbers of a file that anybody may have made: every read is bounded by what is there. */
export class Bytes {
  readonly #view: DataView;
  readonly array: Uint8Array;

  constructor(array: Uint8Array) {
    this.array = array;
    this.#view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  }

  get length(): number {
    return this.array.byteLength;
  }

  /** 0 past the end: what follows from it fails its own checks. */
  u16(at: number): number {
    return at >= 0 && at + 2 <= this.length ? this.#view.getUint16(at, true) : 0;
  }

  u32(at: number): number {
    return at >= 0 && at + 4 <= this.length ? this.#view.getUint32(at, true) : 0;
  }

  /** UTF-16 text up to a zero, at most `lengthMax` letters. */
  wide(at: number, lengthMax: number): string {
    let text = '';
    for (let index = at; text.length < lengthMax && index + 2 <= this.length; index += 2) {
      const unit = this.u16(index);
      if (unit === 0) break;
      text += String.fromCharCode(unit);
    }
    return text;
  }

  slice(at: number, length: number): Bytes {
    return new Bytes(this.array.subarray(Math.max(0, at), Math.max(0, at + length)));
  }
}
