/**
 * What training needs of the world, handed in by a door: files, a clock, a moment for others. This room knows no
 * platform, and nothing of a run but what is shown on a screen depends on the clock.
 */

import type { Files } from '../runtime/files.ts';

export interface Host {
  readonly files: Files;
  /** Milliseconds from some moment; only differences count. */
  now(): number;
  /** Lets others run: a key that was pressed, a picture to be drawn. */
  pause(): Promise<void>;
}

/** The folder of a file: `models` of `models/a.rnn`, the empty text of `a.rnn`. */
export function folderOf(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return slash < 0 ? '' : path.slice(0, slash === 0 ? 1 : slash);
}

/** A path seen from a folder; an absolute one stays as it is. */
export function joinPath(folder: string, path: string): string {
  const absolute = /^([/\\]|[A-Za-z]:[/\\])/.test(path);
  return absolute || folder === '' ? path : `${folder.replace(/\/$/, '')}/${path}`;
}

/** `a/c.rnn` of `a/b/../c.rnn`: without `.` and, as far as there are folders to leave, without `..`. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    const last = parts.at(-1);
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    if (part === '..' && last !== undefined && last !== '..' && last !== '') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
