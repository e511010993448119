// A host for tests: files in memory, a clock that moves one millisecond at each look, no waiting.
import { FileFault, type Files } from '../../src/runtime/files.ts';
import type { Host } from '../../src/train/host.ts';

export class MemoryFiles implements Files {
  readonly contents = new Map<string, Uint8Array>();

  readonly #folders = new Set<string>();

  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(texts)) this.contents.set(path, new TextEncoder().encode(text));
  }

  text(path: string): string {
    const bytes = this.contents.get(path);
    if (bytes === undefined) throw new Error(`no ${path} among ${[...this.contents.keys()].join(', ')}`);
    return new TextDecoder().decode(bytes);
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.contents.get(path);
    if (bytes === undefined) throw new FileFault('there is no such file');
    return bytes;
  }

  async exists(path: string): Promise<boolean> {
    return this.#holds(path);
  }

  #holds(path: string): boolean {
    return [...this.contents.keys()].some((name) => name === path || name.startsWith(`${path}/`));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.contents.set(path, bytes.slice());
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const before = this.contents.get(path) ?? new Uint8Array();
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    this.contents.set(path, joined);
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.contents.has(path)) return false;
    this.contents.set(path, bytes.slice());
    return true;
  }

  async makeFolder(path: string): Promise<boolean> {
    if (this.#folders.has(path) || this.#holds(path)) return false;
    this.#folders.add(path);
    return true;
  }
}

export function memoryHost(files: Files): Host {
  let time = 0;
  return { files, now: () => time++, pause: async () => {} };
}
