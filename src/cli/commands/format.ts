// `rnn format`: programs in the one layout. What is printed to standard output are the files that change.
import type { Diagnostic } from '../../base/diagnostic.ts';
import { render } from '../../base/render.ts';
import { formatSource } from '../../parser/format.ts';
import { readSource } from '../../study/program-file.ts';
import { type Command, exitCodes } from '../command.ts';
import { printable } from '../paint.ts';
import { orUnreadable } from '../program.ts';
import { writeBytes } from '../reading.ts';
import { counted } from '../table.ts';

export const format: Command = {
  name: 'format',
  summary: 'bring programs into the one layout',
  about:
    'Writes .rnn files anew in the one layout that there is: one item a line, the same blanks and columns everywhere, ' +
    'no line too long. Nothing but blanks and line ends changes, and comments stay where they are. Prints the files that ' +
    'it has changed; the others are not touched.',
  operands: 'FILE...',
  count: [1, Number.POSITIVE_INFINITY],
  options: [{ name: 'check', text: 'write nothing; print the files that would change, and end with 1' }],
  examples: [
    { line: 'rnn format my-cell.rnn', does: 'one file' },
    { line: 'rnn format --check models/*.rnn', does: 'in continuous integration: is all laid out?' },
  ],
  notes: [
    'docs/language.md has the rules. A file that cannot be read as a program is not touched, its messages are shown, and ' +
      'the exit code is 1; what a program means, or whether it checks, does not matter.',
  ],
  async run(given, platform) {
    const { out, err, files } = platform;
    const isTrial = given.flag('check');
    const paths = [...new Set(given.operands)];
    const found: Diagnostic[] = [];
    let changed = 0;
    for (const path of paths) {
      const source = await orUnreadable(path, readSource(path, files));
      if ('code' in source) {
        found.push(source);
        continue;
      }
      const { text, diagnostics } = formatSource(source);
      found.push(...diagnostics);
      if (text === undefined || text === source.text) continue;
      if (!isTrial) await writeBytes(path, new TextEncoder().encode(text), files);
      out.write(`${printable(path)}\n`);
      changed++;
    }
    err.write(render(found, { colour: err.colour }));
    if (err.terminal || found.length > 0) {
      const what = isTrial ? 'not in the layout' : 'changed';
      err.write(`${found.length > 0 ? '\n' : ''}${counted(paths.length, 'file')}: ${changed} ${what}\n`);
    }
    return found.length > 0 || (isTrial && changed > 0) ? exitCodes.input : exitCodes.fine;
  },
};
