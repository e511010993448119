/**
 * How deep an expression is nested, counted on its tokens before it is parsed, so that neither the parser nor any
 * walk over the tree can run out of stack.
 *
 * What nests: brackets; `if`, `not`, a leading minus, `prev`, `last` and its kin while their operand lasts; and each
 * further call, index or member in a row (`f(a)(b)(c)`). A chain of operators or of `else if` does not.
 */
import type { IToken, TokenType } from 'chevrotain';
import * as tokens from './tokens.ts';

/** The deepest nesting that is parsed. */
export const deepest = 200;

/** How strongly an operator holds its operands; it ends the operands of all stronger prefixes before it. */
export const strengths: ReadonlyMap<TokenType, number> = new Map([
  [tokens.Or, 1],
  [tokens.And, 2],
  ...[
    tokens.EqualsEquals,
    tokens.NotEquals,
    tokens.Less,
    tokens.LessOrEqual,
    tokens.Greater,
    tokens.GreaterOrEqual,
  ].map((kind): [TokenType, number] => [kind, 4]),
  [tokens.Plus, 5],
  [tokens.Minus, 5],
  [tokens.Star, 6],
  [tokens.Slash, 6],
  [tokens.Mod, 6],
  [tokens.At, 7],
  [tokens.Caret, 9],
]);
const farReaching = 0;
const notStrength = 3;
const minusStrength = 8;
const wordStrength = 10;

const operandEnds: ReadonlySet<TokenType> = new Set([
  tokens.Word,
  tokens.NumberToken,
  tokens.StringToken,
  tokens.StepNumberWord,
]);

/** A bracket that is open, or the segment as a whole. */
interface Frame {
  /** How many prefixes were pending when it was opened. */
  readonly base: number;
  /** The height of the highest operand so far. */
  best: number;
  /** The height of the operand being read: one more than what its brackets hold, for each bracket in a row. */
  current: number;
}

/** The first token at which the tree would be deeper than `deepest`, or undefined. */
export function tooDeep(segment: readonly IToken[]): IToken | undefined {
  /** Strengths of the prefixes whose operands go on, innermost last. */
  const pending: number[] = [];
  const frames: Frame[] = [{ base: 0, best: 0, current: 0 }];
  let ends = false;
  /** Ends the operand being read, and all prefixes of this frame that are stronger than what follows. */
  const endOperand = (strength: number): void => {
    const frame = frames[frames.length - 1];
    frame.best = Math.max(frame.best, frame.current + pending.length - frame.base);
    frame.current = 0;
    while (pending.length > frame.base && pending[pending.length - 1] > strength) pending.pop();
    ends = false;
  };
  const prefix = (strength: number): void => {
    pending.push(strength);
    ends = false;
  };
  for (let i = 0; i < segment.length; i++) {
    const kind = segment[i].tokenType;
    const strength = strengths.get(kind);
    if (kind === tokens.OpenParen || kind === tokens.OpenBracket || kind === tokens.OpenBrace) {
      frames.push({ base: pending.length, best: 0, current: 0 });
      ends = false;
    } else if (kind === tokens.CloseParen || kind === tokens.CloseBracket || kind === tokens.CloseBrace) {
      endOperand(-1);
      const inside = frames.pop();
      const frame = frames.at(-1);
      if (inside === undefined || frame === undefined) return segment[i];
      frame.current = Math.max(frame.current, inside.best) + 1;
      ends = true;
    } else if (kind === tokens.Dot) {
      frames[frames.length - 1].current += 1;
    } else if (kind === tokens.If) {
      // A chain of `else if` is one conditional: its `if` takes the place of the one before.
      if (segment[i - 1]?.tokenType !== tokens.Else) prefix(farReaching);
    } else if (kind === tokens.Then || kind === tokens.Else) endOperand(farReaching);
    else if (kind === tokens.Comma || kind === tokens.Equals) endOperand(-1);
    else if (kind === tokens.Not) prefix(notStrength);
    else if (kind === tokens.Over) {
      prefix(segment[i + 1]?.tokenType === tokens.Time ? wordStrength : farReaching);
    } else if (kind === tokens.Prev || kind === tokens.Last || kind === tokens.First || kind === tokens.Each)
      prefix(wordStrength);
    else if (kind === tokens.Minus && !ends) prefix(minusStrength);
    else if (strength !== undefined) endOperand(strength);
    else ends = operandEnds.has(kind);
    if (frames.length + pending.length + frames[frames.length - 1].current > deepest) return segment[i];
  }
  return undefined;
}
