// What the tests of the parser share: parsing a text, and writing expressions with all their brackets.
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { parse } from '../../src/parser/parse.ts';
import type { Expression, Item, SliceSyntax, SyntaxFile, TypeAnnotation } from '../../src/parser/tree.ts';

/** Parses a text that has no mistakes. */
export function parseGood(text: string): SyntaxFile {
  const { file, diagnostics } = parse(makeSource('test.rnn', text));
  expect(render(diagnostics, { colour: false })).toBe('');
  return file;
}

/** The items of a cell with this body. */
export function parseItems(body: string): readonly Item[] {
  const [cell] = parseGood(`cell C(n) {\n${body}\n}`).declarations;
  if (cell.kind !== 'cell') throw new Error(`a ${cell.kind} where a cell was wanted`);
  return cell.items;
}

/** An expression, written with all its brackets. */
export function parseExpression(text: string): string {
  const items = parseItems(`y = ${text}`);
  expect(items.length).toBe(1);
  const [item] = items;
  if (item.kind !== 'equation') throw new Error(`a ${item.kind} where an equation was wanted`);
  return write(item.value);
}

/** The messages about a text, as a terminal shows them. */
export function messages(text: string): string {
  return render(diagnose(text), { colour: false });
}

export function diagnose(text: string): readonly Diagnostic[] {
  return parse(makeSource('test.rnn', text)).diagnostics;
}

export function writeType(type: TypeAnnotation): string {
  const once = type.once ? 'once ' : '';
  switch (type.value.kind) {
    case 'tensor':
      return `${once}${type.value.complex ? 'complex ' : ''}[${type.value.sizes.map(write).join(', ')}]`;
    case 'index':
      return `${once}index(${write(type.value.size)})`;
    case 'named':
      return once + type.value.name.text;
  }
}

function writePlace(place: Expression | SliceSyntax): string {
  if (place.kind !== 'slice') return write(place);
  const [from, to] = [place.from, place.to].map((end) => (end === undefined ? '' : write(end)));
  return `${from}:${to}`;
}

/** Every operation in brackets, prefix first: `(+ a (* b c))`. */
export function write(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'shape':
      return `[${expression.sizes.map(write).join(', ')}]`;
    case 'name':
      return expression.text;
    case 'step-number':
      return 't';
    case 'member':
      return `${write(expression.object)}.${expression.name.text}`;
    case 'call': {
      const list = expression.arguments.map(
        ({ name, value }) => `${name ? `${name.text}: ` : ''}${write(value)}`,
      );
      return `${write(expression.callee)}(${list.join(', ')})`;
    }
    case 'index-access':
      return `${write(expression.object)}[${expression.indices.map(writePlace).join(', ')}]`;
    case 'prev':
      return `(prev ${write(expression.operand)})`;
    case 'chain': {
      const rest = expression.rest.map((link) => `${link.operator} ${write(link.operand)}`);
      return `(${[write(expression.first), ...rest].join(' ')})`;
    }
    case 'power':
      return `(${expression.operands.map(write).join(' ^ ')})`;
    case 'comparison':
      return `(${write(expression.left)} ${expression.operator} ${write(expression.right)})`;
    case 'negation':
      return `(- ${write(expression.operand)})`;
    case 'not':
      return `(not ${write(expression.operand)})`;
    case 'conditional': {
      const cases = expression.cases.map((one) => `if ${write(one.condition)} then ${write(one.value)}`);
      return `(${cases.join(' else ')} else ${write(expression.otherwise)})`;
    }
    case 'last':
    case 'first':
      return `(${expression.kind} ${write(expression.operand)})`;
    case 'each-step':
      return `(each step ${write(expression.operand)})`;
    case 'over-time':
      return `(${expression.reducer.text} over time ${write(expression.operand)})`;
    case 'over-index': {
      const indices = expression.indices.map((index) => index.text).join(', ');
      return `(${expression.reducer.text} over ${indices}: ${write(expression.operand)})`;
    }
  }
}
