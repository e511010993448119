// Files as the doors hand them in: by path, with failures in words for the person who named the file.

/** Why a file cannot be read or written: "there is no such file". */
export class FileFault extends Error {
  override readonly name = 'FileFault';
  /** What to write instead, where that is likely: "did you mean shakespeare.txt?". */
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}

/** The parts of a path are joined by `/`. Every method rejects with a `FileFault`. */
export interface Files {
  read(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** The whole file or nothing: whoever reads it sees the old bytes or the new ones, also after a crash. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** With the folders above it; one that is there stays as it is. */
  makeFolder(path: string): Promise<void>;
}
