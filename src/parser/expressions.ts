/**
 * The grammar of names, types and expressions, which the items and declarations of `grammar.ts` are made of.
 *
 * Operators are a flat list here: see `operators.ts` for their precedence.
 */
import type { IParserConfig, IToken, ParserMethod } from 'chevrotain';
import { EmbeddedActionsParser } from 'chevrotain';
import { invariant } from '../base/invariant.ts';
import type { Source, Span } from '../base/source.ts';
import { joinSpans } from '../base/source.ts';
import type { Report } from './lex.ts';
import type { FlatExpression } from './operators.ts';
import { applyPrecedence } from './operators.ts';
import { withoutTime } from './time-index.ts';
import * as tokens from './tokens.ts';
import type {
  Argument,
  ConditionalCase,
  Expression,
  Member,
  Name,
  NameExpression,
  SliceSyntax,
  TensorType,
  Trivia,
  TypeAnnotation,
  ValueType,
} from './tree.ts';

/** What every declaration, item and entry carries; known from the layout before its grammar is read. */
export interface Attached {
  readonly span: Span;
  readonly trivia: Trivia;
  readonly documentation: string | undefined;
}

export type Rule<Result> = ParserMethod<[], Result>;

/** One segment at a time: `begin` sets the scene. Whoever extends this calls `performSelfAnalysis` when all rules are there. */
export class ExpressionGrammar extends EmbeddedActionsParser {
  private source: Source | undefined;
  private report: Report = () => undefined;
  private attached: Attached | undefined;

  constructor(settings: IParserConfig) {
    super(tokens.tokenVocabulary, settings);
  }

  begin(source: Source, report: Report, segment: readonly IToken[], attached: Attached): void {
    this.source = source;
    this.report = report;
    this.attached = attached;
    this.input = [...segment];
  }

  protected span(token: IToken): Span {
    invariant(this.source !== undefined, 'grammar: begin comes before the rules');
    return tokens.tokenSpan(this.source, token);
  }

  protected common(): Attached {
    invariant(this.attached !== undefined, 'grammar: begin comes before the rules');
    return this.attached;
  }

  protected readonly names: Rule<readonly Name[]> = this.RULE('names', () => {
    const names: Name[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: tokens.Comma, DEF: () => names.push(this.SUBRULE(this.name)) });
    return names;
  });

  protected readonly name: Rule<Name> = this.RULE('name', () => {
    const token = this.CONSUME(tokens.Word);
    return this.ACTION((): Name => ({ span: this.span(token), text: token.image }));
  });

  // Types

  protected readonly type: Rule<TypeAnnotation> = this.RULE('type', () => {
    let once: IToken | undefined;
    this.OPTION(() => {
      once = this.CONSUME(tokens.Once);
    });
    const value = this.OR<ValueType>([
      { ALT: () => this.SUBRULE(this.tensorType) },
      { ALT: () => this.SUBRULE(this.indexType) },
      {
        ALT: () => {
          const name = this.SUBRULE(this.name);
          return this.ACTION((): ValueType => ({ kind: 'named', span: name.span, name }));
        },
      },
    ]);
    return this.ACTION((): TypeAnnotation => {
      const span = once === undefined ? value.span : joinSpans(this.span(once), value.span);
      return { kind: 'type', span, once: once !== undefined, value };
    });
  });

  private readonly tensorType: Rule<TensorType> = this.RULE('shape', () => {
    const sizes: Expression[] = [];
    let complex: IToken | undefined;
    this.OPTION(() => {
      complex = this.CONSUME(tokens.Complex);
    });
    const open = this.CONSUME(tokens.OpenBracket);
    this.MANY_SEP({ SEP: tokens.Comma, DEF: () => sizes.push(this.SUBRULE(this.expression)) });
    const close = this.CONSUME(tokens.CloseBracket);
    return this.ACTION((): TensorType => {
      const span = joinSpans(this.span(complex ?? open), this.span(close));
      return { kind: 'tensor', span, complex: complex !== undefined, sizes };
    });
  });

  /** The shape that `reshape` is given. */
  private readonly shapeArgument: Rule<Expression> = this.RULE('shapeArgument', () => {
    const shape = this.SUBRULE(this.tensorType);
    return this.ACTION((): Expression => ({ kind: 'shape', span: shape.span, sizes: shape.sizes }));
  });

  private readonly indexType: Rule<ValueType> = this.RULE('indexType', () => {
    const word = this.CONSUME(tokens.Index);
    this.CONSUME(tokens.OpenParen);
    const size = this.SUBRULE(this.expression);
    const close = this.CONSUME(tokens.CloseParen);
    return this.ACTION(
      (): ValueType => ({ kind: 'index', span: joinSpans(this.span(word), this.span(close)), size }),
    );
  });

  // Expressions

  protected readonly expression: Rule<Expression> = this.RULE('expression', () => {
    const flat: FlatExpression[number][] = [];
    this.MANY1(() => flat.push(this.CONSUME1(tokens.PrefixOperator)));
    flat.push(this.SUBRULE1(this.operand));
    this.MANY2(() => {
      flat.push(this.CONSUME(tokens.BinaryOperator));
      this.MANY3(() => flat.push(this.CONSUME2(tokens.PrefixOperator)));
      flat.push(this.SUBRULE2(this.operand));
    });
    return this.ACTION((): Expression => {
      const [only] = flat;
      if (flat.length === 1 && !('tokenType' in only)) return only;
      return applyPrecedence(flat, this.common().span.source, this.report);
    });
  });

  /** An operand with the calls, indices and members that follow it. */
  private readonly operand: Rule<Expression> = this.RULE('operand', () => {
    let operand = this.OR1<Expression>([
      { ALT: () => this.SUBRULE(this.named) },
      { ALT: () => this.SUBRULE(this.literal) },
      {
        ALT: () => {
          const open = this.CONSUME1(tokens.OpenParen);
          const inside = this.SUBRULE(this.expression);
          const close = this.CONSUME1(tokens.CloseParen);
          return this.ACTION(() => ({ ...inside, span: joinSpans(this.span(open), this.span(close)) }));
        },
      },
      { ALT: () => this.SUBRULE(this.prev) },
      { ALT: () => this.SUBRULE(this.prefixed) },
      { ALT: () => this.SUBRULE(this.conditional) },
    ]);
    this.MANY(() => {
      const object = operand;
      operand = this.OR2<Expression>([
        {
          ALT: () => {
            // The arguments are read here and not by a rule of their own: one rule less on the stack for each call.
            const args: Argument[] = [];
            this.CONSUME2(tokens.OpenParen);
            this.MANY_SEP({
              SEP: tokens.Comma,
              DEF: () => {
                let name: Name | undefined;
                this.OPTION(() => {
                  name = this.SUBRULE2(this.name);
                  this.CONSUME(tokens.Colon);
                });
                const value = this.OR3<Expression>([
                  { GATE: () => isReshape(object), ALT: () => this.SUBRULE(this.shapeArgument) },
                  { ALT: () => this.SUBRULE3(this.expression) },
                ]);
                this.ACTION(() => {
                  const span = name === undefined ? value.span : joinSpans(name.span, value.span);
                  args.push({ span, name, value });
                });
              },
            });
            const close = this.CONSUME2(tokens.CloseParen);
            return this.ACTION((): Expression => {
              const span = joinSpans(object.span, this.span(close));
              return { kind: 'call', span, callee: object, arguments: args };
            });
          },
        },
        {
          ALT: () => {
            const indices: (Expression | SliceSyntax)[] = [];
            this.CONSUME(tokens.OpenBracket);
            this.AT_LEAST_ONE_SEP({
              SEP: tokens.Comma,
              DEF: () => indices.push(this.SUBRULE(this.place)),
            });
            const close = this.CONSUME(tokens.CloseBracket);
            return this.ACTION((): Expression => {
              const span = joinSpans(object.span, this.span(close));
              return (
                withoutTime(object, indices, span, this.report) ?? {
                  kind: 'index-access',
                  span,
                  object,
                  indices,
                }
              );
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(tokens.Dot);
            const name = this.SUBRULE(this.name);
            return this.ACTION((): Expression => member(object, name));
          },
        },
      ]);
    });
    return operand;
  });

  /** What stands in brackets for one axis: an expression, or the two ends of a slice. */
  private readonly place: Rule<Expression | SliceSyntax> = this.RULE('place', () => {
    let from: Expression | undefined;
    let colon: IToken | undefined;
    let to: Expression | undefined;
    this.OR([
      {
        ALT: () => {
          from = this.SUBRULE1(this.expression);
          this.OPTION1(() => {
            colon = this.CONSUME1(tokens.Colon);
            this.OPTION2(() => {
              to = this.SUBRULE2(this.expression);
            });
          });
        },
      },
      {
        ALT: () => {
          colon = this.CONSUME2(tokens.Colon);
          this.OPTION3(() => {
            to = this.SUBRULE3(this.expression);
          });
        },
      },
    ]);
    return this.ACTION((): Expression | SliceSyntax => {
      if (colon === undefined) {
        invariant(from !== undefined, 'grammar: a place without a colon is an expression');
        return from;
      }
      const middle = this.span(colon);
      const span = joinSpans(from?.span ?? middle, to?.span ?? middle);
      return { kind: 'slice', span, from, to };
    });
  });

  private readonly literal: Rule<Expression> = this.RULE('literal', () =>
    this.OR<Expression>([
      {
        ALT: () => {
          const token = this.CONSUME(tokens.NumberToken);
          return this.ACTION(
            (): Expression => ({
              kind: 'number',
              span: this.span(token),
              value: tokens.numberValue(token.image),
            }),
          );
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.StringToken);
          return this.ACTION((): Expression => {
            const { value } = tokens.stringValue(token.image);
            return { kind: 'string', span: this.span(token), value };
          });
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(tokens.StepNumberWord);
          return this.ACTION((): Expression => ({ kind: 'step-number', span: this.span(token) }));
        },
      },
    ]),
  );

  /** A name, or a reduction: `h`, `max over time h`, `sum over j: a[j]`. */
  private readonly named: Rule<Expression> = this.RULE('named', () => {
    const name = this.SUBRULE(this.name);
    const reduction = this.OPTION(() => {
      this.CONSUME(tokens.Over);
      return this.OR<Expression>([
        {
          ALT: () => {
            this.CONSUME(tokens.Time);
            const operand = this.SUBRULE(this.operand);
            return this.ACTION((): Expression => {
              const span = joinSpans(name.span, operand.span);
              return { kind: 'over-time', span, reducer: name, operand };
            });
          },
        },
        {
          ALT: () => {
            const indices = this.SUBRULE(this.names);
            this.CONSUME(tokens.Colon);
            const operand = this.SUBRULE(this.expression);
            return this.ACTION((): Expression => {
              const span = joinSpans(name.span, operand.span);
              return { kind: 'over-index', span, reducer: name, indices, operand };
            });
          },
        },
      ]);
    });
    return this.ACTION((): Expression => reduction ?? nameExpression(name));
  });

  /** `prev h`, `prev top.h`. */
  private readonly prev: Rule<Expression> = this.RULE('prevOperand', () => {
    const word = this.CONSUME(tokens.Prev);
    const first = this.CONSUME(tokens.Word);
    let operand: NameExpression | Member = this.ACTION(
      (): NameExpression => ({ kind: 'name', span: this.span(first), text: first.image }),
    );
    this.MANY(() => {
      this.CONSUME(tokens.Dot);
      const name = this.SUBRULE(this.name);
      operand = this.ACTION(() => member(operand, name));
    });
    return this.ACTION((): Expression => {
      const span = joinSpans(this.span(word), operand.span);
      return { kind: 'prev', span, operand };
    });
  });

  /** `last h`, `first h`, `each step c`. */
  private readonly prefixed: Rule<Expression> = this.RULE('prefixed', () => {
    const { kind, word } = this.OR([
      { ALT: () => ({ kind: 'last' as const, word: this.CONSUME(tokens.Last) }) },
      { ALT: () => ({ kind: 'first' as const, word: this.CONSUME(tokens.First) }) },
      {
        ALT: () => {
          const each = this.CONSUME(tokens.Each);
          this.CONSUME(tokens.Step);
          return { kind: 'each-step' as const, word: each };
        },
      },
    ]);
    const operand = this.SUBRULE(this.operand);
    return this.ACTION((): Expression => ({ kind, span: joinSpans(this.span(word), operand.span), operand }));
  });

  private readonly conditional: Rule<Expression> = this.RULE('conditional', () => {
    const cases: ConditionalCase[] = [];
    const first = this.CONSUME1(tokens.If);
    const take = (word: IToken, condition: Expression, value: Expression): void =>
      this.ACTION(() => {
        cases.push({ span: joinSpans(this.span(word), value.span), condition, value });
      });
    const condition = this.SUBRULE1(this.expression);
    this.CONSUME1(tokens.Then);
    take(first, condition, this.SUBRULE2(this.expression));
    this.MANY(() => {
      this.CONSUME1(tokens.Else);
      const word = this.CONSUME2(tokens.If);
      const next = this.SUBRULE3(this.expression);
      this.CONSUME2(tokens.Then);
      take(word, next, this.SUBRULE4(this.expression));
    });
    this.CONSUME2(tokens.Else);
    const otherwise = this.SUBRULE5(this.expression);
    return this.ACTION((): Expression => {
      const span = joinSpans(this.span(first), otherwise.span);
      return { kind: 'conditional', span, cases, otherwise };
    });
  });
}

/** Only there may a shape stand among the arguments: elsewhere [ ] is a slip that is told. */
function isReshape(callee: Expression | undefined): boolean {
  return callee?.kind === 'name' && callee.text === 'reshape';
}

function nameExpression(name: Name): NameExpression {
  return { kind: 'name', span: name.span, text: name.text };
}

function member(object: Expression, name: Name): Member {
  return { kind: 'member', span: joinSpans(object.span, name.span), object, name };
}
