/**
 * Broken invariants: mistakes of ours, never of the person who uses rnn. A user's mistake is a `Diagnostic`.
 */

/** Thrown when the program finds itself in a state that it was built never to reach. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';

  constructor(message: string) {
    super(`this is a bug in rnn: ${message}`);
  }
}

/**
 * Holds, or throws an `InvariantError`. The message says what was expected and names the part that broke it; as a function
 * where it takes work, which is done only for a message that is needed.
 */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}
