// The platform as Node gives it.
import { basename, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { nodeFiles } from '../runtime/node/files.ts';
import type { Platform, Stream } from './platform.ts';

/** The real world, for main.ts. */
export function nodePlatform(): Platform {
  return {
    called: calledAs(process.argv[1]),
    out: nodeStream(process.stdout),
    err: nodeStream(process.stderr),
    files: nodeFiles,
    now: () => performance.now(),
    onInterrupt(callback) {
      process.on('SIGINT', callback);
      return () => void process.off('SIGINT', callback);
    },
    pause: () => setImmediate(),
    exit: (code) => process.exit(code),
  };
}

/** Where a package manager has put a link into the path, its name; else the way to the file from here. */
function calledAs(script: string): string {
  if (!script.endsWith('.js')) return basename(script);
  const path = relative('', script);
  return `node ${/\s/.test(path) ? JSON.stringify(path) : path}`;
}

function nodeStream(stream: NodeJS.WriteStream): Stream {
  // The reader has gone (`rnn show ... | head`): nobody is left to tell, so end without a word.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const terminal = stream.isTTY === true;
  const { NO_COLOR, TERM } = process.env;
  return {
    write: (text) => void stream.write(text),
    terminal,
    get columns() {
      // Zero where a terminal does not know.
      return stream.columns || 80;
    },
    colour: terminal && !NO_COLOR && TERM !== 'dumb',
  };
}
