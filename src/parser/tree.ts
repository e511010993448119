/**
 * The syntax tree of a `.rnn` file: what was written, before names, sizes or kinds are looked at.
 *
 * Invariants: every node has a span inside its source. Children lie inside their parent, in the order of the text.
 * The tree is deep only where the text is nested: a chain of operators of one precedence is one flat node, and so
 * is a chain of `else if`, so a walk may recurse into children (the parser refuses nesting deeper than 200).
 * Comments are kept beside declarations, items and entries. Brackets are not nodes: the tree says the grouping by its
 * shape, and the span of a bracketed expression takes its brackets in.
 */
import type { Source, Span } from '../base/source.ts';

/** One file. Where parsing failed, the parts that could be read are here, the others are `broken`. */
export interface SyntaxFile {
  readonly kind: 'file';
  readonly source: Source;
  readonly span: Span;
  /** What `##` says before the first declaration, where that is an import: the documentation of the whole file. */
  readonly documentation: string | undefined;
  readonly declarations: readonly Declaration[];
  /** Comments after the last declaration. */
  readonly ending: readonly Comment[];
}

/** A comment: `# text` or `## text`. */
export interface Comment {
  readonly span: Span;
  /** Without the `#` and the one space after it. */
  readonly text: string;
  /** Written with `##`. */
  readonly documentation: boolean;
}

/** The comments of a declaration, an item or an entry. */
export interface Trivia {
  /** Comments on the lines before it, `##` ones included. */
  readonly leading: readonly Comment[];
  /** Comments between its first and its last token. For a block: those of its header. */
  readonly inner: readonly Comment[];
  /** A comment after it, on the line where it ends. */
  readonly trailing: Comment | undefined;
}

/** A word that names something, at one place. */
export interface Name {
  readonly span: Span;
  readonly text: string;
}

// Declarations

export type Declaration =
  | ImportDeclaration
  | BlockDeclaration
  | FunctionDeclaration
  | TrainDeclaration
  | BrokenDeclaration;

interface DeclarationBase {
  readonly span: Span;
  readonly trivia: Trivia;
  /** The `##` lines just before it, joined by line ends. */
  readonly documentation: string | undefined;
}

/** `import LSTM from "./lstm.rnn"`; several names are separated by commas. */
export interface ImportDeclaration extends DeclarationBase {
  readonly kind: 'import';
  readonly names: readonly Name[];
  /** What stands in the quotes, escapes resolved. */
  readonly path: string;
  readonly pathSpan: Span;
}

/** `cell LSTM(n, m) { ... }` or `model CharLM(v, m = 256) { ... }`. Which items suit which, the checker says. */
export interface BlockDeclaration extends DeclarationBase {
  readonly kind: 'cell' | 'model';
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly items: readonly Item[];
  /** Comments between the last item and the closing brace. */
  readonly ending: readonly Comment[];
}

/**
 * `n`, `m = 256`, `decay: real = 0.9`. In a cell or a model one without a type is a size; in a function it is a
 * value of any kind.
 */
export interface Parameter {
  readonly kind: 'parameter';
  readonly span: Span;
  readonly name: Name;
  readonly type: TypeAnnotation | undefined;
  readonly defaultValue: Expression | undefined;
}

/** `fn spike(v) = if v > 0 then 1 else 0 gradient 1 / (1 + abs(v))`: of a file, or an item of a cell or a model. */
export interface FunctionDeclaration extends DeclarationBase {
  readonly kind: 'function';
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly body: Expression;
  /** The slope that the function declares for itself. */
  readonly gradient: Expression | undefined;
}

/** `train CharLM { ... }`. */
export interface TrainDeclaration extends DeclarationBase {
  readonly kind: 'train';
  readonly name: Name;
  readonly entries: readonly (TrainEntry | BrokenItem)[];
  readonly ending: readonly Comment[];
}

/** `batch 32`, `optimizer adam(lr: 0.001)`: a word and its value. */
export interface TrainEntry {
  readonly kind: 'entry';
  readonly span: Span;
  readonly trivia: Trivia;
  readonly documentation: string | undefined;
  readonly name: Name;
  readonly value: Expression;
}

/** A declaration that could not be read. It was reported; what it would have declared is not unknown. */
export interface BrokenDeclaration extends DeclarationBase {
  readonly kind: 'broken';
  readonly names: readonly Name[];
}

// Items of a cell or a model

export type Item =
  | InputItem
  | TargetItem
  | StateItem
  | ParamItem
  | Equation
  | OutputItem
  | LossItem
  | MetricItem
  | GenerateItem
  | FunctionDeclaration
  | BrokenItem;

interface ItemBase {
  readonly span: Span;
  readonly trivia: Trivia;
  readonly documentation: string | undefined;
}

/** `input x: [n]`; several names may share a type. */
export interface InputItem extends ItemBase {
  readonly kind: 'input';
  readonly names: readonly Name[];
  readonly type: TypeAnnotation;
}

/** `target label: once index(2)`. */
export interface TargetItem extends ItemBase {
  readonly kind: 'target';
  readonly names: readonly Name[];
  readonly type: TypeAnnotation;
}

/** `state h: [m]`, `state h: [m] = h0`. */
export interface StateItem extends ItemBase {
  readonly kind: 'state';
  readonly names: readonly Name[];
  readonly type: TypeAnnotation;
  /** What it is before the first step. Zero where nothing is said. */
  readonly start: Expression | undefined;
}

/** `param Wr, Wz: [m, n] ~ orthogonal`, `param b: [m] = 1`, `frozen param U: [m, m] ~ spectral(0.9)`. */
export interface ParamItem extends ItemBase {
  readonly kind: 'param';
  /** Never trained. */
  readonly frozen: boolean;
  readonly names: readonly Name[];
  readonly type: TypeAnnotation;
  readonly start: ParamStart | undefined;
}

/** How a weight starts: drawn from a distribution (`~`) or at a value (`=`). */
export interface ParamStart {
  readonly kind: 'distribution' | 'value';
  readonly value: Expression;
}

/** `h = tanh(x)`, `q: [d] = affine(x)`, `i, f = split(z, 2)`, `S[i, j] = v[i] * k[j]`. */
export interface Equation extends ItemBase {
  readonly kind: 'equation';
  readonly targets: readonly EquationTarget[];
  readonly type: TypeAnnotation | undefined;
  readonly value: Expression;
}

/** The left side of an equation: a name, with its indices where index notation is used. */
export interface EquationTarget {
  readonly span: Span;
  readonly name: Name;
  /** Undefined without brackets. Each index is a name. */
  readonly indices: readonly Name[] | undefined;
}

/** `output h`, `output concat(a, b)`. */
export interface OutputItem extends ItemBase {
  readonly kind: 'output';
  readonly value: Expression;
}

/** `loss cross_entropy(logits, y)`. */
export interface LossItem extends ItemBase {
  readonly kind: 'loss';
  readonly value: Expression;
}

/** `metric accuracy = argmax(logits) == label`. */
export interface MetricItem extends ItemBase {
  readonly kind: 'metric';
  readonly name: Name;
  readonly value: Expression;
}

/** `generate x ~ categorical(logits)`: how the next value of an input is drawn. */
export interface GenerateItem extends ItemBase {
  readonly kind: 'generate';
  readonly name: Name;
  readonly distribution: Expression;
}

/** An item or an entry that could not be read. It was reported; the names that it would have defined are not unknown. */
export interface BrokenItem extends ItemBase {
  readonly kind: 'broken';
  readonly names: readonly Name[];
}

// Types

/** What stands after a colon: `[4 * m, n]`, `[]`, `complex [m]`, `index(v)`, `once []`, `real`. */
export interface TypeAnnotation {
  readonly kind: 'type';
  readonly span: Span;
  /** Written with `once`: a value per sequence, not per step. */
  readonly once: boolean;
  readonly value: ValueType;
}

export type ValueType = TensorType | IndexType | NamedType;

/** `[m, n]`: real numbers, one size for each axis; `complex [m, n]`: complex ones. */
export interface TensorType {
  readonly kind: 'tensor';
  readonly span: Span;
  /** Written with `complex`. */
  readonly complex: boolean;
  readonly sizes: readonly Expression[];
}

/** `index(v)`: a category below v. */
export interface IndexType {
  readonly kind: 'index';
  readonly span: Span;
  readonly size: Expression;
}

/** Any other word, such as `real`. The checker knows which there are. */
export interface NamedType {
  readonly kind: 'named';
  readonly span: Span;
  readonly name: Name;
}

// Expressions

export type Expression =
  | NumberLiteral
  | StringLiteral
  | ShapeLiteral
  | NameExpression
  | StepNumber
  | Member
  | Call
  | IndexAccess
  | Prev
  | Chain
  | Power
  | Comparison
  | Negation
  | Not
  | Conditional
  | Last
  | First
  | EachStep
  | OverTime
  | OverIndex;

/** `0.5`, `1e-3`: never negative; finite. */
export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
}

/** `"tinyshakespeare.txt"`, escapes resolved. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

/** `[heads, m / heads]` as an argument of reshape. */
export interface ShapeLiteral {
  readonly kind: 'shape';
  readonly span: Span;
  readonly sizes: readonly Expression[];
}

/** A word that stands for a value, a size, a cell or a function. */
export interface NameExpression {
  readonly kind: 'name';
  readonly span: Span;
  readonly text: string;
}

/** `t`, the number of the step. */
export interface StepNumber {
  readonly kind: 'step-number';
  readonly span: Span;
}

/** `top.h`. */
export interface Member {
  readonly kind: 'member';
  readonly span: Span;
  readonly object: Expression;
  readonly name: Name;
}

/** `f(a, by: b)`, `LSTM(m: 64)(x)`. */
export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
}

export interface Argument {
  readonly span: Span;
  /** The word before the colon of a named argument. */
  readonly name: Name | undefined;
  readonly value: Expression;
}

/** `S[i, j]`, `x[1:3]`. */
export interface IndexAccess {
  readonly kind: 'index-access';
  readonly span: Span;
  readonly object: Expression;
  readonly indices: readonly (Expression | SliceSyntax)[];
}

/** `1:3`, `:k`, `k:`, `:` in brackets: the positions from one to before another. */
export interface SliceSyntax {
  readonly kind: 'slice';
  readonly span: Span;
  readonly from: Expression | undefined;
  readonly to: Expression | undefined;
}

/** `prev h`, `prev top.h`. `prev S[i]` is an index access of `prev S`. */
export interface Prev {
  readonly kind: 'prev';
  readonly span: Span;
  readonly operand: NameExpression | Member;
}

export type AdditiveOperator = '+' | '-';
export type MultiplicativeOperator = '*' | '/' | 'mod';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ChainOperator = AdditiveOperator | MultiplicativeOperator | '@' | 'and' | 'or';

/**
 * Operators of one precedence that group to the left: `a + b - c` is first a, rest (+ b), (- c). All operators of
 * one chain belong to one of the sets {+ -}, {* / mod}, {@}, {and}, {or}. `rest` is never empty.
 */
export interface Chain {
  readonly kind: 'chain';
  readonly span: Span;
  readonly first: Expression;
  readonly rest: readonly ChainLink[];
}

export interface ChainLink {
  readonly operator: ChainOperator;
  readonly operatorSpan: Span;
  readonly operand: Expression;
}

/** `a ^ b ^ c`, grouped to the right: a ^ (b ^ c). At least two operands, in the order of the text. */
export interface Power {
  readonly kind: 'power';
  readonly span: Span;
  readonly operands: readonly Expression[];
}

/** `a < b`. Comparisons do not chain. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly span: Span;
  readonly operator: ComparisonOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}

/** `-a`. */
export interface Negation {
  readonly kind: 'negation';
  readonly span: Span;
  readonly operand: Expression;
}

/** `not a`. */
export interface Not {
  readonly kind: 'not';
  readonly span: Span;
  readonly operand: Expression;
}

/** `if a then x else if b then y else z`: the first case whose condition holds, else `otherwise`. */
export interface Conditional {
  readonly kind: 'conditional';
  readonly span: Span;
  readonly cases: readonly ConditionalCase[];
  readonly otherwise: Expression;
}

export interface ConditionalCase {
  readonly span: Span;
  readonly condition: Expression;
  readonly value: Expression;
}

/** `first h`: the value at the first step of the sequence. */
export interface First {
  readonly kind: 'first';
  readonly span: Span;
  readonly operand: Expression;
}

/** `last h`: the value at the last step of the sequence. */
export interface Last {
  readonly kind: 'last';
  readonly span: Span;
  readonly operand: Expression;
}

/** `each step c`: a once value, at every step. */
export interface EachStep {
  readonly kind: 'each-step';
  readonly span: Span;
  readonly operand: Expression;
}

/** `max over time h`. */
export interface OverTime {
  readonly kind: 'over-time';
  readonly span: Span;
  /** Which reduction: `max`, `mean`, `sum`, `all`. The checker knows which there are. */
  readonly reducer: Name;
  readonly operand: Expression;
}

/** `sum over j: S[i, j] * q[j]`; several indices are separated by commas. */
export interface OverIndex {
  readonly kind: 'over-index';
  readonly span: Span;
  readonly reducer: Name;
  readonly indices: readonly Name[];
  readonly operand: Expression;
}
