// A derivation as plain text: headings without indentation, equations four blanks in, as read.ts has it.

import type { Equations } from './derive.ts';
import { describeGiven, legend, sectionsOf } from './document.ts';
import { WIDTH, writeEquations, writeFormula } from './text.ts';

/** The text of a derivation, ending in a line end. */
export function writeDerivation(equations: Equations): string {
  const { given, kind, name, symbols } = equations;
  const sections = sectionsOf(equations).flatMap(({ heading, parts }) => [
    '',
    heading,
    ...parts.flatMap((part) => [
      ...(part.heading === undefined ? [] : [`  ${part.heading}`]),
      ...writeEquations(part.equations, 4),
    ]),
  ]);
  const rows = new Map<string, string[]>();
  for (const one of given) {
    const shape = `[${one.shape.map(writeFormula).join(', ')}]`;
    const about = `${shape.padEnd(8)} ${describeGiven(one)}`;
    rows.set(about, [...(rows.get(about) ?? []), one.name]);
  }
  const numbers = [...symbols].map(([symbol]) => symbol);
  return [
    `${kind} ${name}: backpropagation through time`,
    '',
    ...legend(equations).flatMap((line) => wrap(line)),
    '',
    'given',
    ...[...rows].flatMap(([about, names]) => wrap(`    ${names.join(', ')} : ${about}`)),
    ...(numbers.length === 0 ? [] : []),
    ...sections,
    '',
  ].join('\n');
}

/** Prose in lines. */
function wrap(line: string): string[] {
  const indent = ' '.repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  for (const word of line.trim().split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? indent + word : `${indent}  ${word}`);
  }
  return lines;
}
