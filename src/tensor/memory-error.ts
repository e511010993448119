// More memory than there can be: told in words before it is asked for, as engines end the process where it runs out.

/** A program needs more memory than there can be. The message says how much, and for which extents. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  /** What the program needs. */
  readonly bytes: number;

  constructor(message: string, bytes: number) {
    super(message);
    this.bytes = bytes;
  }
}

/** `2668 MiB`. */
export function showBytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
