// Paths as text: their parts are joined by `/`, on every platform (`\\` is read too).

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
