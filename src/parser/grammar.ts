/**
 * The grammar of one segment (a header, an item, an entry), as chevrotain rules that build the tree as they read.
 *
 * The layout has divided the file and settled which words are keywords: one token of lookahead decides nearly everything.
 * A rule that fails gives no node: see `explain.ts`. Operators are a flat list: see `operators.ts` for their precedence.
 */
import type { IParserConfig, IRecognitionException, IToken, ParserMethod } from 'chevrotain';
import { EmbeddedActionsParser } from 'chevrotain';
import { invariant } from '../base/invariant.ts';
import type { Source, Span } from '../base/source.ts';
import { joinSpans, makeSpan } from '../base/source.ts';
import type { Report } from './lex.ts';
import type { FlatExpression } from './operators.ts';
import { applyPrecedence } from './operators.ts';
import { withoutTime } from './time-index.ts';
import * as tokens from './tokens.ts';
import type {
  Argument,
  BlockDeclaration,
  ConditionalCase,
  Declaration,
  EquationTarget,
  Expression,
  Item,
  Member,
  Name,
  NameExpression,
  Parameter,
  ParamStart,
  TrainDeclaration,
  TrainEntry,
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

/** The part of a block before its brace. */
export interface BlockHeader {
  readonly kind: BlockDeclaration['kind'] | TrainDeclaration['kind'];
  readonly name: Name;
  readonly parameters: readonly Parameter[];
}

/** Reads one segment: the tree, or the first error. */
export type Outcome<Node> =
  | { readonly node: Node; readonly error: undefined }
  | { readonly node: undefined; readonly error: IRecognitionException };

type Rule<Result> = ParserMethod<[], Result>;

/** One segment at a time: `begin` sets the scene, then one of the starting rules is called. */
class Grammar extends EmbeddedActionsParser {
  private source: Source | undefined;
  private report: Report = () => undefined;
  private attached: Attached | undefined;

  constructor(settings: IParserConfig) {
    super(tokens.tokenVocabulary, settings);
    this.performSelfAnalysis();
  }

  begin(source: Source, report: Report, segment: readonly IToken[], attached: Attached): void {
    this.source = source;
    this.report = report;
    this.attached = attached;
    this.input = [...segment];
  }

  private span(token: IToken): Span {
    invariant(this.source !== undefined, 'grammar: begin comes before the rules');
    return tokens.tokenSpan(this.source, token);
  }

  private common(): Attached {
    invariant(this.attached !== undefined, 'grammar: begin comes before the rules');
    return this.attached;
  }

  // Declarations

  readonly importDeclaration: Rule<Declaration> = this.RULE('importDeclaration', () => {
    this.CONSUME(tokens.Import);
    const names = this.SUBRULE(this.names);
    this.CONSUME(tokens.From);
    const path = this.CONSUME(tokens.StringToken);
    return this.ACTION((): Declaration => {
      const { value } = tokens.stringValue(path.image);
      return { kind: 'import', ...this.common(), names, path: value, pathSpan: this.span(path) };
    });
  });

  readonly functionDeclaration: Rule<Declaration> = this.RULE('functionDeclaration', () => {
    this.CONSUME(tokens.Fn);
    const name = this.SUBRULE(this.name);
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(tokens.Equals);
    const body = this.SUBRULE(this.expression);
    let gradient: Expression | undefined;
    this.OPTION(() => {
      this.CONSUME(tokens.Gradient);
      gradient = this.SUBRULE2(this.expression);
    });
    return this.ACTION(
      (): Declaration => ({ kind: 'function', ...this.common(), name, parameters, body, gradient }),
    );
  });

  readonly blockHeader: Rule<BlockHeader> = this.RULE('header', () => {
    const word = this.OR<IToken>([
      { ALT: () => this.CONSUME(tokens.Cell) },
      { ALT: () => this.CONSUME(tokens.Model) },
      { ALT: () => this.CONSUME(tokens.Train) },
    ]);
    const name = this.SUBRULE(this.name);
    const parameters = this.OPTION({
      GATE: () => word.tokenType !== tokens.Train,
      DEF: () => this.SUBRULE(this.parameters),
    });
    const { tokenType } = word;
    const kind = tokenType === tokens.Train ? 'train' : tokenType === tokens.Model ? 'model' : 'cell';
    return { kind, name, parameters: parameters ?? [] } satisfies BlockHeader;
  });

  private readonly parameters: Rule<readonly Parameter[]> = this.RULE('parameters', () => {
    const parameters: Parameter[] = [];
    this.CONSUME(tokens.OpenParen);
    this.MANY_SEP({ SEP: tokens.Comma, DEF: () => parameters.push(this.SUBRULE(this.parameter)) });
    this.CONSUME(tokens.CloseParen);
    return parameters;
  });

  private readonly parameter: Rule<Parameter> = this.RULE('parameter', () => {
    const name = this.SUBRULE(this.name);
    let type: TypeAnnotation | undefined;
    let defaultValue: Expression | undefined;
    this.OPTION1(() => {
      this.CONSUME(tokens.Colon);
      type = this.SUBRULE(this.type);
    });
    this.OPTION2(() => {
      this.CONSUME(tokens.Equals);
      defaultValue = this.SUBRULE(this.expression);
    });
    return this.ACTION((): Parameter => {
      const last = defaultValue ?? type ?? name;
      return { kind: 'parameter', span: joinSpans(name.span, last.span), name, type, defaultValue };
    });
  });

  readonly entry: Rule<TrainEntry> = this.RULE('entry', () => {
    const name = this.SUBRULE(this.name);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): TrainEntry => ({ kind: 'entry', ...this.common(), name, value }));
  });

  // Items

  readonly item: Rule<Item> = this.RULE('item', () =>
    this.OR<Item>([
      { ALT: () => this.SUBRULE(this.declared) },
      { ALT: () => this.SUBRULE(this.state) },
      { ALT: () => this.SUBRULE(this.param) },
      { ALT: () => this.SUBRULE(this.value) },
      { ALT: () => this.SUBRULE(this.metric) },
      { ALT: () => this.SUBRULE(this.generate) },
      { ALT: () => this.SUBRULE(this.equation) },
    ]),
  );

  private readonly declared: Rule<Item> = this.RULE('declared', () => {
    const word = this.OR<IToken>([
      { ALT: () => this.CONSUME(tokens.Input) },
      { ALT: () => this.CONSUME(tokens.Target) },
    ]);
    const names = this.SUBRULE(this.names);
    this.CONSUME(tokens.Colon);
    const type = this.SUBRULE(this.type);
    return this.ACTION((): Item => {
      const kind = word.tokenType === tokens.Input ? 'input' : 'target';
      return { kind, ...this.common(), names, type };
    });
  });

  private readonly state: Rule<Item> = this.RULE('stateItem', () => {
    this.CONSUME(tokens.State);
    const names = this.SUBRULE(this.names);
    this.CONSUME(tokens.Colon);
    const type = this.SUBRULE(this.type);
    let start: Expression | undefined;
    this.OPTION(() => {
      this.CONSUME(tokens.Equals);
      start = this.SUBRULE(this.expression);
    });
    return this.ACTION((): Item => ({ kind: 'state', ...this.common(), names, type, start }));
  });

  private readonly param: Rule<Item> = this.RULE('paramItem', () => {
    this.CONSUME(tokens.Param);
    const names = this.SUBRULE(this.names);
    this.CONSUME(tokens.Colon);
    const type = this.SUBRULE(this.type);
    let start: ParamStart | undefined;
    this.OPTION(() => {
      const word = this.OR<IToken>([
        { ALT: () => this.CONSUME(tokens.Tilde) },
        { ALT: () => this.CONSUME(tokens.Equals) },
      ]);
      const kind = word.tokenType === tokens.Tilde ? 'distribution' : 'value';
      start = { kind, value: this.SUBRULE(this.expression) };
    });
    return this.ACTION((): Item => ({ kind: 'param', ...this.common(), names, type, start }));
  });

  private readonly value: Rule<Item> = this.RULE('valueItem', () => {
    const word = this.OR<IToken>([
      { ALT: () => this.CONSUME(tokens.Output) },
      { ALT: () => this.CONSUME(tokens.Loss) },
    ]);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): Item => {
      const kind = word.tokenType === tokens.Output ? 'output' : 'loss';
      return { kind, ...this.common(), value };
    });
  });

  private readonly metric: Rule<Item> = this.RULE('metricItem', () => {
    this.CONSUME(tokens.Metric);
    const name = this.SUBRULE(this.name);
    this.CONSUME(tokens.Equals);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): Item => ({ kind: 'metric', ...this.common(), name, value }));
  });

  private readonly generate: Rule<Item> = this.RULE('generateItem', () => {
    this.CONSUME(tokens.Generate);
    const name = this.SUBRULE(this.name);
    this.CONSUME(tokens.Tilde);
    const distribution = this.SUBRULE(this.expression);
    return this.ACTION((): Item => ({ kind: 'generate', ...this.common(), name, distribution }));
  });

  private readonly equation: Rule<Item> = this.RULE('equation', () => {
    const targets: EquationTarget[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: tokens.Comma, DEF: () => targets.push(this.SUBRULE(this.target)) });
    let type: TypeAnnotation | undefined;
    this.OPTION(() => {
      this.CONSUME(tokens.Colon);
      type = this.SUBRULE(this.type);
    });
    this.CONSUME(tokens.Equals);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): Item => ({ kind: 'equation', ...this.common(), targets, type, value }));
  });

  private readonly target: Rule<EquationTarget> = this.RULE('equationTarget', () => {
    const name = this.SUBRULE(this.name);
    let indices: readonly Name[] | undefined;
    let close: IToken | undefined;
    this.OPTION(() => {
      this.CONSUME(tokens.OpenBracket);
      indices = this.SUBRULE(this.names);
      close = this.CONSUME(tokens.CloseBracket);
    });
    return this.ACTION((): EquationTarget => {
      const span = close === undefined ? name.span : joinSpans(name.span, this.span(close));
      return { span, name, indices };
    });
  });

  private readonly names: Rule<readonly Name[]> = this.RULE('names', () => {
    const names: Name[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: tokens.Comma, DEF: () => names.push(this.SUBRULE(this.name)) });
    return names;
  });

  private readonly name: Rule<Name> = this.RULE('name', () => {
    const token = this.CONSUME(tokens.Word);
    return this.ACTION((): Name => ({ span: this.span(token), text: token.image }));
  });

  // Types

  private readonly type: Rule<TypeAnnotation> = this.RULE('type', () => {
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

  private readonly tensorType: Rule<ValueType> = this.RULE('shape', () => {
    const sizes: Expression[] = [];
    const open = this.CONSUME(tokens.OpenBracket);
    this.MANY_SEP({ SEP: tokens.Comma, DEF: () => sizes.push(this.SUBRULE(this.expression)) });
    const close = this.CONSUME(tokens.CloseBracket);
    return this.ACTION(
      (): ValueType => ({ kind: 'tensor', span: joinSpans(this.span(open), this.span(close)), sizes }),
    );
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

  private readonly expression: Rule<Expression> = this.RULE('expression', () => {
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
                const value = this.SUBRULE3(this.expression);
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
            const indices: Expression[] = [];
            this.CONSUME(tokens.OpenBracket);
            this.AT_LEAST_ONE_SEP({
              SEP: tokens.Comma,
              DEF: () => indices.push(this.SUBRULE2(this.expression)),
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

function nameExpression(name: Name): NameExpression {
  return { kind: 'name', span: name.span, text: name.text };
}

function member(object: Expression, name: Name): Member {
  return { kind: 'member', span: joinSpans(object.span, name.span), object, name };
}

/** Makes a grammar. `validate` has chevrotain prove it free of ambiguity, which a test does and a start of rnn does not. */
export function makeGrammar(validate: boolean): Grammar {
  return new Grammar({
    maxLookahead: 2,
    recoveryEnabled: false,
    skipValidations: !validate,
    errorMessageProvider: {
      buildMismatchTokenMessage: ({ expected }) => expected.LABEL ?? expected.name,
      buildNotAllInputParsedMessage: () => '',
      buildNoViableAltMessage: () => '',
      buildEarlyExitMessage: () => '',
    },
  });
}

let shared: Grammar | undefined;

/** Reads one segment by the rule that `start` picks. */
export function readSegment<Node>(
  start: (grammar: Grammar) => Rule<Node>,
  source: Source,
  report: Report,
  segment: readonly IToken[],
  attached: Attached,
): Outcome<Node> {
  shared ??= makeGrammar(false);
  shared.begin(source, report, segment, attached);
  const node = start(shared).call(shared);
  const error = shared.errors.at(0);
  return error === undefined ? { node, error: undefined } : { node: undefined, error };
}

/** The span of a segment that is not empty. */
export function segmentSpan(source: Source, segment: readonly IToken[]): Span {
  const first = segment[0];
  const end = segment.reduce((furthest, token) => Math.max(furthest, tokens.tokenEnd(token)), 0);
  return makeSpan(source, first.startOffset, end);
}
