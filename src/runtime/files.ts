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
  /** As `write`, where there is no such file yet. False where there is one, which stays: of two that try, one succeeds. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** With the folders above it. False where it is there already, and stays as it is: of two that try, one succeeds. */
  makeFolder(path: string): Promise<boolean>;
}
