// `rnn explain`: what the code of a message means.
import { editDistance } from '../../base/suggest.ts';
import { quote } from '../arguments.ts';
import { type Command, exitCodes, WrongUse } from '../command.ts';
import { type Explanation, explanationLines } from '../explanation.ts';
import { explanations } from '../explanations-source.ts';
import { paintFor } from '../paint.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'what the code of a message means, and the mend',
  about:
    'Tells what the code in the brackets of a message means and how it is mended, with a program that provokes it and ' +
    'what is said of it. Without CODE it lists all codes.',
  operands: '[CODE]',
  count: [0, 1],
  options: [{ name: 'json', text: 'as JSON, for programs; the text is Markdown' }],
  examples: [
    { line: 'rnn explain RNN3002', does: 'what error[RNN3002] is about; 3002 will do' },
    { line: 'rnn explain', does: 'all codes, a line each' },
  ],
  notes: [
    'With --json: {code, title, group, text, example: {name, program, message}}, without CODE an array of {code, title, ' +
      'group}; example may be missing.',
  ],
  run(given, { out }) {
    const [word] = given.operands;
    const paint = paintFor(out);
    const found = word === undefined ? undefined : find(word);
    if (given.flag('json')) {
      const listed = explanations.map(({ code, title, group }) => ({ code, title, group }));
      out.write(`${JSON.stringify(found ?? listed, null, 2)}\n`);
    } else if (found !== undefined) out.write(`${explanationLines(found, paint).join('\n')}\n`);
    else {
      const groups = [...new Set(explanations.map(({ group }) => group))];
      const parts = groups.map((name) => [
        paint.strong(name),
        ...explanations.flatMap(({ code, title, group }) => (group === name ? [`  ${code}  ${title}`] : [])),
      ]);
      out.write(`${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`);
    }
    return exitCodes.fine;
  },
};

/** The section of a code, written `RNN3002`, `error[RNN3002]` or `3002`. */
function find(word: string): Explanation {
  const code = /^(?:\w+\[)?(?:RNN)?(\w+)\]?$/i.exec(word)?.[1] ?? word;
  const found = explanations.find((one) => one.code === `RNN${code}`);
  if (found !== undefined) return found;
  const near = explanations.filter((one) => editDistance(one.code, `RNN${code}`) === 1).slice(0, 5);
  throw new WrongUse(
    `there is no code ${quote(word)}`,
    near.length > 0
      ? `there is ${near.map((one) => `${one.code} (${one.title})`).join(', ')}`
      : 'a code is written RNN3002; rnn explain lists them all',
  );
}
