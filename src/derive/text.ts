// Formulas and derivations as plain text. What is written here is a notation with a grammar (read.ts): it can be read back
// and computed with.

import type { At, Equation, Formula, Term } from './formula.ts';

/** The longest line. */
export const WIDTH = 110;

/** How strongly a formula holds together, from weak to strong. */
const LEVELS = {
  open: 0,
  or: 1,
  and: 2,
  not: 3,
  relation: 4,
  sum: 5,
  product: 6,
  matmul: 7,
  power: 8,
  atom: 9,
} as const;

export function writeFormula(formula: Formula): string {
  return write(formula, LEVELS.open);
}

/** The formula where only what holds together as strongly as `least` needs no brackets. */
function write(formula: Formula, least: number): string {
  const [text, level] = plain(formula);
  return level < least ? `(${text})` : text;
}

function plain(formula: Formula): readonly [string, number] {
  switch (formula.kind) {
    case 'number':
      return [writeNumber(formula.value), formula.value < 0 ? LEVELS.sum : LEVELS.atom];
    case 'name':
      return [`${formula.name}${writeAt(formula.at)}`, LEVELS.atom];
    case 'step':
      return stepNumber(formula.at);
    case 'sum':
      return [writeTerms(formula.terms).join(' '), LEVELS.sum];
    case 'product':
      // The first may be a quotient: a / b * c is (a / b) * c.
      return [
        formula.factors.map((one, k) => write(one, k === 0 ? LEVELS.product : LEVELS.matmul)).join(' * '),
        LEVELS.product,
      ];
    case 'quotient': {
      const top = write(formula.top, LEVELS.product);
      return [`${top} / ${write(formula.bottom, LEVELS.matmul)}`, LEVELS.product];
    }
    case 'mod':
      return [
        `${write(formula.left, LEVELS.matmul)} mod ${write(formula.right, LEVELS.matmul)}`,
        LEVELS.product,
      ];
    case 'power': {
      const { base, exponent } = formula;
      const raised =
        exponent.kind === 'number' ? write(exponent, LEVELS.atom) : `(${writeFormula(exponent)})`;
      return [`${write(base, LEVELS.atom)}^${raised}`, LEVELS.power];
    }
    case 'matmul':
      return [`${write(formula.left, LEVELS.power)} @ ${write(formula.right, LEVELS.power)}`, LEVELS.matmul];
    case 'transpose':
      return [`${write(formula.operand, LEVELS.atom)}^T`, LEVELS.atom];
    case 'relation':
      return writeRelation(formula);
    case 'not':
      return [`not ${write(formula.operand, LEVELS.not)}`, LEVELS.not];
    case 'if': {
      const { condition, yes, no } = formula;
      const words = `if ${write(condition, LEVELS.or)} then ${write(yes, LEVELS.or)} else ${write(no, LEVELS.open)}`;
      return [words, LEVELS.open];
    }
    case 'call':
      return writeCall(formula);
    case 'over-time':
      return [`sum over t: ${write(formula.operand, LEVELS.open)}`, LEVELS.open];
    case 'list':
      return [`[${formula.items.map(writeFormula).join(', ')}]`, LEVELS.atom];
    case 'letters':
      return [`"${formula.text}"`, LEVELS.atom];
    default:
      return formula satisfies never;
  }
}

function writeRelation({
  relation,
  left,
  right,
}: Extract<Formula, { kind: 'relation' }>): readonly [string, number] {
  const level = relation === 'or' ? LEVELS.or : relation === 'and' ? LEVELS.and : (LEVELS.relation as number);
  // Comparisons do not chain.
  const inside = relation === 'or' || relation === 'and' ? level + 1 : LEVELS.sum;
  return [`${write(left, inside)} ${relation} ${write(right, inside)}`, level];
}

function writeCall({ name, operands }: Extract<Formula, { kind: 'call' }>): readonly [string, number] {
  const [first, second] = operands;
  // In brackets behind a name T is a step.
  if (name === 'row' && second?.kind === 'name' && second.name !== 'T') {
    return [`${write(first, LEVELS.atom)}[${writeFormula(second)}]`, LEVELS.atom];
  }
  return [`${name}(${operands.map(writeFormula).join(', ')})`, LEVELS.atom];
}

function writeTerms(terms: readonly Term[]): string[] {
  return terms.map(({ negative, formula }, k) => {
    const text = write(formula, LEVELS.product);
    if (k === 0) return negative ? `-${text}` : text;
    return `${negative ? '-' : '+'} ${text}`;
  });
}

function stepNumber({ base, offset }: At): readonly [string, number] {
  const from = base === 'last' ? offset - 1 : offset;
  const start = base === 'last' ? 'T' : 't';
  if (from === 0) return [start, LEVELS.atom];
  return [`${start} ${from < 0 ? '-' : '+'} ${Math.abs(from)}`, LEVELS.sum];
}

function writeAt(at: At | undefined): string {
  if (at === undefined || (at.base === 't' && at.offset === 0)) return '';
  if (at.base === 'first') return `[${at.offset}]`;
  const [text] = stepNumber(at);
  return `[${text.replaceAll(' ', '')}]`;
}

/** The shortest digits that mean it. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return String(value);
}

/** What stands on the left of an equation. */
export function writeLeft({ name, at }: Equation): string {
  return `${name}${writeAt(at)}`;
}

/** Equations one below the other, their signs aligned; what is too long goes on below. */
export function writeEquations(equations: readonly Equation[], indent: number): string[] {
  const lefts = equations.map(writeLeft);
  const width = Math.min(24, Math.max(0, ...lefts.map((left) => left.length)));
  return equations.flatMap(({ formula }, k) => {
    const left = `${' '.repeat(indent)}${lefts[k].padEnd(width)} = `;
    const room = WIDTH - left.length;
    const pieces = linesOf(formula, room);
    const below = ' '.repeat(left.length);
    return pieces.map((piece, i) => (i === 0 ? left : below) + piece);
  });
}

/** The formula in lines: broken between its terms, and inside of one only where that is too long by itself. */
function linesOf(formula: Formula, room: number): string[] {
  const whole = writeFormula(formula);
  if (whole.length <= room) return [whole];
  const terms = formula.kind === 'sum' ? writeTerms(formula.terms) : [whole];
  const lines: string[] = [];
  for (const term of terms) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + term.length <= room) {
      lines[lines.length - 1] = `${last} ${term}`;
    } else lines.push(...fold(term, room));
  }
  return lines;
}

/** Broken at blanks. */
function fold(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
