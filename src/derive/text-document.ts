// A derivation as plain text: headings without indentation, equations four blanks in, as read.ts has it.

import type { Equations } from './derive.ts';
import { describeGiven, legend, sectionsOf } from './document.ts';
import { WIDTH, writeEquations, writeFormula } from './text.ts';

/** The widest column of given names. */
const NAMES = 52;

/** The text of a derivation, ending in a line end. */
export function writeDerivation(equations: Equations): string {
  const { kind, name } = equations;
  const sections = sectionsOf(equations).flatMap(({ heading, parts }) => [
    '',
    heading,
    ...parts.flatMap((part) => [
      ...(part.heading === undefined ? [] : [`  ${part.heading}`]),
      ...writeEquations(part.equations, 4),
    ]),
  ]);
  return [
    `${kind} ${name}: backpropagation through time`,
    '',
    ...legend(equations).flatMap((line) => wrap(line.split(' '), WIDTH)),
    '',
    'given',
    ...givenLines(equations),
    ...sections,
    '',
  ].join('\n');
}

/** What is alike stands together. */
function givenLines({ given, symbols }: Equations): string[] {
  const rows = new Map<
    string,
    { readonly names: string[]; readonly shape: string; readonly about: string }
  >();
  const row = (name: string, shape: string, about: string): void => {
    const known = rows.get(`${shape} ${about}`) ?? { names: [], shape, about };
    known.names.push(name);
    rows.set(`${shape} ${about}`, known);
  };
  for (const one of given) {
    row(one.name, `[${one.shape.map(writeFormula).join(', ')}]`, describeGiven(one));
  }
  for (const [symbol, value] of symbols) row(symbol, '', `the number ${value}`);
  const texts = [...rows.values()].map(({ names, ...rest }) => ({
    lines: wrap(
      names.map((name, k) => (k < names.length - 1 ? `${name},` : name)),
      NAMES,
    ),
    ...rest,
  }));
  const widest = Math.max(0, ...texts.flatMap(({ lines }) => lines.map((line) => line.length)));
  const shapes = Math.max(0, ...texts.map(({ shape }) => shape.length));
  return texts.flatMap(({ lines, shape, about }) =>
    lines.map((line, k) =>
      k === 0 ? `    ${line.padEnd(widest)}   ${shape.padEnd(shapes)}   ${about}` : `    ${line}`,
    ),
  );
}

/** Words in lines. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
