// The command in process: a platform made of memory, and what was written to it.
import { readdirSync, readFileSync } from 'node:fs';
import { dispatch } from '../../src/cli/dispatch.ts';
import type { Platform, Stream } from '../../src/cli/platform.ts';
import { MemoryFiles } from '../train/memory-host.ts';

const models = new URL('../../models/', import.meta.url);

/** The programs of the repository, as files in memory. */
export function modelFiles(more: Readonly<Record<string, string>> = {}): MemoryFiles {
  const names = readdirSync(models).filter((name) => name.endsWith('.rnn'));
  const texts = names.map((name) => [`models/${name}`, readFileSync(new URL(name, models), 'utf8')]);
  return new MemoryFiles({ ...Object.fromEntries(texts), ...more });
}

export interface Setting {
  readonly files?: MemoryFiles;
  /** Both streams are terminals, with colours. */
  readonly terminal?: boolean;
  readonly debug?: boolean;
  /** Called with each text that is written; may press Ctrl-C. */
  readonly onWrite?: (text: string, pressCtrlC: () => void) => void;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly files: MemoryFiles;
  /** The code of an exit at once, where there was one. */
  readonly exited: number | undefined;
}

/** Runs `rnn` with these words. */
export async function rnn(words: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { files = modelFiles(), terminal = false, debug = false, onWrite } = setting;
  const listeners = new Set<() => void>();
  const pressCtrlC = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err'): Stream => ({
    write(text) {
      written[name] += text;
      onWrite?.(text, pressCtrlC);
    },
    terminal,
    columns: 80,
    colour: terminal,
  });
  let time = 0;
  let exited: number | undefined;
  const platform: Platform = {
    called: 'rnn',
    out: stream('out'),
    err: stream('err'),
    files,
    now: () => time++,
    onInterrupt(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    pause: async () => {},
    exit(code) {
      exited ??= code;
    },
  };
  const code = await dispatch(words, platform, debug);
  return { code, ...written, files, exited };
}
