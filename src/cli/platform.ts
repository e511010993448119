// What a command may touch of the world, handed in by main.ts, so that tests can run commands in process.
import type { Files } from '../runtime/files.ts';

/** Standard output or standard error. */
export interface Stream {
  write(text: string): void;
  /** A person looks at it (and not a file or another program). */
  readonly terminal: boolean;
  readonly columns: number;
  /** Colours are wanted: a terminal that has them, and no NO_COLOR. */
  readonly colour: boolean;
}

export interface Platform {
  /** How the person calls this program: `rnn`, or `node dist/rnn.js`. What a message says to type begins with it. */
  readonly called: string;
  /** Results. What a program may want to read goes here, and nothing else. */
  readonly out: Stream;
  /** Diagnostics and progress. */
  readonly err: Stream;
  readonly files: Files;
  /** Milliseconds from some moment. */
  now(): number;
  /** Calls back at every Ctrl-C until the returned function is called. */
  onInterrupt(callback: () => void): () => void;
  /** Lets signals and the screen have their turn. */
  pause(): Promise<void>;
  /** Ends the process at once. */
  exit(code: number): void;
}
