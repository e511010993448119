/**
 * The grammar of one segment (a header, an item, an entry), as chevrotain rules that build the tree as they read.
 *
 * The layout has divided the file and settled which words are keywords: one token of lookahead decides nearly everything.
 * A rule that fails gives no node: see `explain.ts`. Names, types and expressions are in `expressions.ts`.
 */
import type { IParserConfig, IRecognitionException, IToken } from 'chevrotain';
import type { Source, Span } from '../base/source.ts';
import { joinSpans, makeSpan } from '../base/source.ts';
import type { Attached, Rule } from './expressions.ts';
import { ExpressionGrammar } from './expressions.ts';
import type { Report } from './lex.ts';
import * as tokens from './tokens.ts';
import type {
  BlockDeclaration,
  Declaration,
  EquationTarget,
  Expression,
  FunctionDeclaration,
  Item,
  Name,
  Parameter,
  ParamStart,
  TrainDeclaration,
  TrainEntry,
  TypeAnnotation,
} from './tree.ts';

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

/** One segment at a time: `begin` sets the scene, then one of the starting rules is called. */
class Grammar extends ExpressionGrammar {
  constructor(settings: IParserConfig) {
    super(settings);
    this.performSelfAnalysis();
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

  readonly functionDeclaration: Rule<FunctionDeclaration> = this.RULE('functionDeclaration', () => {
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
      (): FunctionDeclaration => ({
        kind: 'function',
        ...this.common(),
        name,
        parameters,
        body,
        gradient,
      }),
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
      { ALT: () => this.SUBRULE(this.functionDeclaration) },
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
    let frozen = false;
    this.OPTION1(() => {
      this.CONSUME(tokens.Frozen);
      frozen = true;
    });
    this.CONSUME(tokens.Param);
    const names = this.SUBRULE(this.names);
    this.CONSUME(tokens.Colon);
    const type = this.SUBRULE(this.type);
    let start: ParamStart | undefined;
    this.OPTION2(() => {
      const word = this.OR<IToken>([
        { ALT: () => this.CONSUME(tokens.Tilde) },
        { ALT: () => this.CONSUME(tokens.Equals) },
      ]);
      const kind = word.tokenType === tokens.Tilde ? 'distribution' : 'value';
      start = { kind, value: this.SUBRULE(this.expression) };
    });
    return this.ACTION((): Item => ({ kind: 'param', ...this.common(), frozen, names, type, start }));
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
