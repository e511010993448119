// What a document shows of a command, held against what the command says: all but the numbers, which differ between
// machines in their last digits, and the spaces that they need.
import { readFileSync } from 'node:fs';

/** What stands in a document below `$ rnn LINE`, without numbers. */
export function shownIn(path: string, line: string): string {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const start = text.indexOf(`\n$ rnn ${line}\n`);
  if (start < 0) throw new Error(`${path} does not show rnn ${line}`);
  const from = start + `\n$ rnn ${line}\n`.length;
  return withoutNumbers(text.slice(from, text.indexOf('```', from)));
}

export function withoutNumbers(text: string): string {
  return text
    .replaceAll(/(?<![\w.[])-?\d[\d.,]*(e[-+]?\d+)?/g, '#')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/^ | $/gm, '')
    .replaceAll('# to #', '#')
    .replaceAll(/(# \w+?)s?\b/g, '$1');
}
