/**
 * Precedence: from the flat list of operands and operators that the grammar reads to nodes of the tree.
 *
 * From weak to strong: `or`; `and`; `not`; comparisons; `+ -`; `* / mod`; `@`; a leading minus; `^`. Each level is
 * one loop, so that a chain of any length becomes one flat node; the recursion goes down the levels, and on from a
 * prefix (`not not a`, `a ^ -b ^ -c`), which the limit on nesting bounds.
 */
import type { IToken, TokenType } from 'chevrotain';
import { invariant } from '../base/invariant.ts';
import type { Source } from '../base/source.ts';
import { joinSpans, spanText } from '../base/source.ts';
import type { Report } from './lex.ts';
import * as tokens from './tokens.ts';
import type { ChainLink, ChainOperator, Comparison, ComparisonOperator, Expression } from './tree.ts';

/** What the grammar reads between two brackets or commas: operands, and operators as tokens, in order. */
export type FlatExpression = readonly (IToken | Expression)[];

/** Binary operators that form chains, level by level, with `not` and the comparisons between the second and third. */
const logical: readonly ReadonlyMap<TokenType, ChainOperator>[] = [
  new Map([[tokens.Or, 'or']]),
  new Map([[tokens.And, 'and']]),
];
const arithmetic: readonly ReadonlyMap<TokenType, ChainOperator>[] = [
  new Map([
    [tokens.Plus, '+'],
    [tokens.Minus, '-'],
  ]),
  new Map([
    [tokens.Star, '*'],
    [tokens.Slash, '/'],
    [tokens.Mod, 'mod'],
  ]),
  new Map([[tokens.At, '@']]),
];
const comparisons: ReadonlyMap<TokenType, ComparisonOperator> = new Map([
  [tokens.EqualsEquals, '=='],
  [tokens.NotEquals, '!='],
  [tokens.Less, '<'],
  [tokens.LessOrEqual, '<='],
  [tokens.Greater, '>'],
  [tokens.GreaterOrEqual, '>='],
]);

/** Gives a flat expression its shape. Reports comparisons that chain, and a `not` where it would need brackets. */
export function applyPrecedence(flat: FlatExpression, source: Source, report: Report): Expression {
  let at = 0;
  const result = parseLogical(0);
  invariant(at === flat.length, 'operators: every operand and operator must be used');
  return result;

  /** The operator that comes next, if it is one of these. */
  function next<Operator>(
    operators: ReadonlyMap<TokenType, Operator>,
  ): { readonly operator: Operator; readonly token: IToken } | undefined {
    const token = flat[at];
    if (token === undefined || !('tokenType' in token)) return undefined;
    const operator = operators.get(token.tokenType);
    if (operator === undefined) return undefined;
    at += 1;
    return { operator, token };
  }

  function parseChain(
    operators: ReadonlyMap<TokenType, ChainOperator>,
    parseOperand: () => Expression,
  ): Expression {
    const first = parseOperand();
    const rest: ChainLink[] = [];
    for (let found = next(operators); found !== undefined; found = next(operators)) {
      const operatorSpan = tokens.tokenSpan(source, found.token);
      rest.push({ operator: found.operator, operatorSpan, operand: parseOperand() });
    }
    if (rest.length === 0) return first;
    return { kind: 'chain', span: joinSpans(first.span, rest[rest.length - 1].operand.span), first, rest };
  }

  function parseLogical(level: number): Expression {
    if (level === logical.length) return parseNot();
    return parseChain(logical[level], () => parseLogical(level + 1));
  }

  function parseNot(): Expression {
    const token = flat[at];
    if (!('tokenType' in token) || token.tokenType !== tokens.Not) return parseComparison();
    at += 1;
    const operand = parseNot();
    return { kind: 'not', span: joinSpans(tokens.tokenSpan(source, token), operand.span), operand };
  }

  function parseComparison(): Expression {
    const parts: Comparison[] = [];
    let left = parseArithmetic(0);
    for (let found = next(comparisons); found !== undefined; found = next(comparisons)) {
      const right = parseArithmetic(0);
      const operatorSpan = tokens.tokenSpan(source, found.token);
      const span = joinSpans(left.span, right.span);
      parts.push({ kind: 'comparison', span, operator: found.operator, operatorSpan, left, right });
      left = right;
    }
    if (parts.length === 0) return left;
    const [first, ...others] = parts;
    if (others.length === 0) return first;
    const span = joinSpans(first.span, others[others.length - 1].span);
    const [a, b, c] = briefly(['a', first.left], ['b', first.right], ['c', others[0].right]);
    const chained = `${a} ${first.operator} ${b} ${others[0].operator} ${c}`;
    const written = `${a} ${first.operator} ${b} and ${b} ${others[0].operator} ${c}`;
    report({
      code: 'RNN1027',
      message: 'comparisons do not chain',
      span: others[0].operatorSpan,
      label: 'a second comparison',
      related: [{ span: first.operatorSpan, text: 'the first one gives a condition, not a number' }],
      help: `for ${chained} write ${written}`,
    });
    const rest = others.map(
      (operand): ChainLink => ({ operator: 'and', operatorSpan: operand.operatorSpan, operand }),
    );
    return { kind: 'chain', span, first, rest };
  }

  function parseArithmetic(level: number): Expression {
    if (level === arithmetic.length) return parseMinus();
    return parseChain(arithmetic[level], () => parseArithmetic(level + 1));
  }

  function parseMinus(): Expression {
    const token = flat[at];
    if ('tokenType' in token && token.tokenType === tokens.Minus) {
      at += 1;
      const operand = parseMinus();
      return { kind: 'negation', span: joinSpans(tokens.tokenSpan(source, token), operand.span), operand };
    }
    return parsePower();
  }

  function parsePower(): Expression {
    const operands = [parseOperand()];
    for (;;) {
      const token = flat[at];
      if (token === undefined || !('tokenType' in token) || token.tokenType !== tokens.Caret) break;
      at += 1;
      const exponent = flat[at];
      // A minus in an exponent takes the rest of the powers with it: a ^ -b ^ c is a ^ (-(b ^ c)).
      const isMinus = 'tokenType' in exponent && exponent.tokenType === tokens.Minus;
      operands.push(isMinus ? parseMinus() : parseOperand());
      if (isMinus) break;
    }
    if (operands.length === 1) return operands[0];
    return { kind: 'power', span: joinSpans(operands[0].span, operands[operands.length - 1].span), operands };
  }

  function parseOperand(): Expression {
    const operand = flat[at];
    if (!('tokenType' in operand)) {
      at += 1;
      return operand;
    }
    invariant(operand.tokenType === tokens.Not, 'operators: an operand or a prefix must stand here');
    const span = tokens.tokenSpan(source, operand);
    const result = parseNot();
    const [text] = briefly(['not ...', result]);
    report({
      code: 'RNN1028',
      message: 'not needs brackets after another operator',
      span,
      notes: ['not binds weaker than comparisons and arithmetic: not a == b is not (a == b)'],
      help: `write (${text})`,
    });
    return result;
  }
}

/** The texts of expressions, or the words that stand for them where one of them is long. */
function briefly(...parts: readonly (readonly [string, Expression])[]): readonly string[] {
  const texts = parts.map(([, expression]) => spanText(expression.span));
  return texts.every((text) => text.length <= 24) ? texts : parts.map(([word]) => word);
}
