// The checked program: what a file says, with every name resolved, every size proved and every weight named, as plain
// data. Elaboration works from this alone, given numbers for the size symbols of the outermost cell.
//
// Invariants. A cell is checked once, for all sizes: shapes are polynomials over the sizes of its own header. Cells
// refer to each other by reference, never in a circle. Functions are already opened up, and so are the templates
// stack, bidirectional, residual, and Dense: what is left is instances of cells, applications and affine maps.
// Within one expression everything has the rate of its equation, or is constant: the operand of `over-time` and
// `each-step` is a reference to an equation or an input, which lives elsewhere.

import type { Source, Span } from '../base/source.ts';
import type { ChainOperator, ComparisonOperator, TrainDeclaration } from '../parser/tree.ts';
import type { CheckedIndex, CheckedPlace } from './checked-places.ts';
import type { PrimitiveName } from './primitive-names.ts';
import type { Size } from './size.ts';
import type { Start } from './start-kinds.ts';

export type { ElementwiseName, PrimitiveName, UnaryName, WholeName } from './primitive-names.ts';

/**
 * How often a value is there: for every step, once for a sequence, or the same for all (weights, literals, sizes),
 * which goes with both. Where a cell is applied at the rate `once`, read every `step` inside it as `once`.
 */
export type Rate = 'constant' | 'once' | 'step';

/** What a value is. `categories` is given exactly where the element is `index`. */
export interface CheckedType {
  readonly element: 'real' | 'index' | 'bool';
  readonly categories: Size | undefined;
  /** Without time and batch. */
  readonly shape: readonly Size[];
  readonly rate: Rate;
}

/** The position of an equation in its cell's list. */
export type EquationId = number & { readonly brand: 'EquationId' };
/** The position of an application in its cell's list. */
export type ApplicationId = number & { readonly brand: 'ApplicationId' };

// A file and its cells

export interface CheckedFile {
  readonly source: Source;
  /** What `##` says about the whole file. */
  readonly documentation: string | undefined;
  /** The cells and models of the file, in the order of the text. */
  readonly blocks: readonly CheckedCell[];
  /** The cells and models that it imports. */
  readonly imported: readonly CheckedCell[];
  /** The cells of the file that can only be checked with what a use gives them for the cells of their headers. */
  readonly templates: readonly string[];
  /** The train blocks, each with its model. Their entries are read by whoever trains. */
  readonly trains: readonly CheckedTrain[];
}

export interface CheckedTrain {
  readonly syntax: TrainDeclaration;
  readonly model: CheckedCell;
}

/** A cell or a model. */
export interface CheckedCell {
  readonly kind: 'cell' | 'model';
  readonly name: string;
  /** The name where it stands. */
  readonly span: Span;
  readonly documentation: string | undefined;
  /** The sizes of the header, in order; then those that a use gives with the cells of the header, as `C.m`. */
  readonly sizes: readonly CheckedSize[];
  readonly hyperparameters: readonly CheckedHyperparameter[];
  /** What else a use gives, and what it has to be. */
  readonly settled: readonly CheckedSettled[];
  readonly inputs: readonly CheckedInput[];
  readonly targets: readonly CheckedInput[];
  readonly states: readonly CheckedState[];
  /** Its own weights; those of its instances belong to the instances' cells. */
  readonly parameters: readonly CheckedParameter[];
  readonly instances: readonly CheckedInstance[];
  readonly equations: readonly CheckedEquation[];
  readonly applications: readonly CheckedApplication[];
  /** Every equation and application, each after all that it needs at the same step. Stages do not decrease. */
  readonly order: readonly Evaluation[];
  readonly outputs: readonly CheckedOutput[];
  /** Of models. */
  readonly loss: CheckedResult | undefined;
  readonly metrics: readonly CheckedMetric[];
  readonly generate: CheckedGenerate | undefined;
  /**
   * Whether it looks at one step alone: no state, no `t`, no once input, no end of a stage, in itself or its
   * instances. Such a cell may be applied to once values and constants: its outputs then have the rate of the
   * application.
   */
  readonly pointwise: boolean;
  /** Whether it or one of its instances has a state. */
  readonly hasState: boolean;
  /** How many copies of cells an application opens up to: itself, and all in it, each as often as it is applied. */
  readonly copies: number;
  /** How many cells stand one in another, itself counted. */
  readonly depth: number;
  /** How many stages one application takes: the largest stage in it, with its instances, and 1. */
  readonly stages: number;
  /** The sizes of the header that are numbers in every use, each with what asks for that; others may be lengths. */
  readonly fixed: ReadonlyMap<string, FixedSize>;
}

/** Why a size is a number, as in "a weight has a fixed size". */
export interface FixedSize {
  readonly span: Span;
  readonly why: string;
}

/**
 * A size that a use gives together with a cell of the header (`m` of `Highway(C: LSTM(m: 8))`, called `C.m`), where the
 * equations say what it must be.
 */
export interface CheckedSettled {
  readonly name: string;
  /** Where the cell is used first. */
  readonly span: Span;
  /** Over the sizes of the header. */
  readonly size: Size;
}

export interface CheckedSize {
  readonly name: string;
  readonly span: Span;
  /** Over the sizes before it. */
  readonly defaultValue: Size | undefined;
}

/** `decay: real = 0.9`: a real number, given where the cell is used. */
export interface CheckedHyperparameter {
  readonly name: string;
  readonly span: Span;
  /** Over sizes and the hyperparameters before it. */
  readonly defaultValue: CheckedExpression | undefined;
}

/** An input or a target. Its rate is `step` or `once`, its element `real` or `index`. */
export interface CheckedInput {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly type: CheckedType;
}

/** A value with a past: real, or a category. */
export interface CheckedState {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly shape: readonly Size[];
  /** Given exactly where it is a category: how many there are. */
  readonly categories: Size | undefined;
  /** Its value before the first step, constant or once, of its shape or without some of its first axes; undefined: zero. */
  readonly start: CheckedExpression | undefined;
  /** The equation that gives its value at each step. */
  readonly equation: EquationId;
}

/** A weight, by its full name in this cell: `W`, `i.W_x`, `logits.Dense.b`, `low.W` for a Dense named low. */
export interface CheckedParameter {
  readonly name: string;
  readonly span: Span;
  /** Where its declaration or its affine begins: the weights of a program are in the order of the text. */
  readonly position: number;
  readonly documentation: string | undefined;
  /** It is never trained. */
  readonly frozen: boolean;
  readonly shape: readonly Size[];
  readonly start: CheckedStart;
}

/** How a weight starts. The numbers are constant scalars made of literals, sizes and hyperparameters. */
export type CheckedStart = Start<Size, CheckedExpression>;

/** One copy of a cell, with weights and states of its own: `low`, `h.Embedding`, `h.stack.1.forward`. */
export interface CheckedInstance {
  /** The prefix of its weights and states: `low.W`, `h.stack.1.i.W_x`. */
  readonly name: string;
  readonly span: Span;
  readonly cell: CheckedCell;
  /** Every size of the cell, over the sizes of this one. */
  readonly sizes: ReadonlyMap<string, Size>;
  /** The hyperparameters that are given, constant scalars of this cell; the others have a default in theirs. */
  readonly hyperparameters: ReadonlyMap<string, CheckedExpression>;
}

/** One equation. One name on the left each: `a, b = split(z, 2)` are two, and a third without a name for z. */
export interface CheckedEquation {
  /** The name on the left; undefined for a part of an expression that the checker has set apart. */
  readonly name: string | undefined;
  readonly span: Span;
  readonly documentation: string | undefined;
  readonly value: CheckedExpression;
  /**
   * With rate `step`: which scan of this cell computes it. With rate `once`: after all scans of smaller stages,
   * before those of this one. Constants: 0.
   */
  readonly stage: number;
}

/** The use of an instance; its results are the cell's outputs. An instance with states has at most one. */
export interface CheckedApplication {
  /** The instance's name. */
  readonly instance: string;
  readonly span: Span;
  /** One for each input of the cell, in the order of the cell. */
  readonly arguments: readonly CheckedExpression[];
  /** `once` and `constant` only where the cell is pointwise. */
  readonly rate: Rate;
  /** From the last step to the first: the second half of `bidirectional`. Turns round whatever is inside it. */
  readonly reverse: boolean;
  /** Added to the stages inside the cell. A reversed application stands in a stage after its arguments'. */
  readonly stage: number;
}

export type Evaluation =
  | { readonly kind: 'equation'; readonly equation: EquationId }
  | { readonly kind: 'application'; readonly application: ApplicationId };

/** A value that the cell hands out, with the name under which it does. */
export interface CheckedResult {
  readonly span: Span;
  /** A reference to an equation, an input, a parameter. */
  readonly value: CheckedExpression;
  /** A constant counts as `once`. */
  readonly rate: 'once' | 'step';
  readonly stage: number;
}

export interface CheckedOutput extends CheckedResult {
  readonly name: string;
  readonly documentation: string | undefined;
}

/** A scalar, real or bool. */
export interface CheckedMetric extends CheckedResult {
  readonly name: string;
  readonly documentation: string | undefined;
}

/** `generate x ~ categorical(logits)`: `value` is the logits, a vector of one number per category of the input. */
export interface CheckedGenerate extends CheckedResult {
  readonly input: string;
}

// Expressions

interface NodeBase {
  readonly type: CheckedType;
  readonly span: Span;
}

export type CheckedExpression =
  | LiteralNode
  | SizeNode
  | HyperparameterNode
  | StepNumberNode
  | InputNode
  | ParameterNode
  | EquationNode
  | PreviousNode
  | InstanceStateNode
  | ApplyNode
  | ChainNode
  | PowerNode
  | ComparisonNode
  | PrimitiveNode
  | IfNode
  | SliceNode
  | AccessNode
  | IndexNumberNode
  | TabulateNode
  | OverIndexNode
  | ReshapeNode
  | SpreadNode
  | AffineNode
  | DropoutNode
  | NoiseNode
  | TrainingNode
  | OverTimeNode
  | EachStepNode
  | OldestNode
  | NewestNode
  | IdentityNode
  | RepeatNode
  | LoopValueNode
  | LoopNumberNode
  | LoopLocalNode;

/** A number: real [], or a category where it stands beside one (`label == 1`). */
export interface LiteralNode extends NodeBase {
  readonly kind: 'literal';
  readonly value: number;
}

/** A size used as a number: real []. */
export interface SizeNode extends NodeBase {
  readonly kind: 'size';
  readonly size: Size;
}

export interface HyperparameterNode extends NodeBase {
  readonly kind: 'hyperparameter';
  readonly name: string;
}

/** `t`: real []. */
export interface StepNumberNode extends NodeBase {
  readonly kind: 'step-number';
}

/** An input or a target of this cell. */
export interface InputNode extends NodeBase {
  readonly kind: 'input';
  readonly name: string;
}

export interface ParameterNode extends NodeBase {
  readonly kind: 'parameter';
  readonly name: string;
}

/** The value of an equation at the same step (or its once value); a state's own value, too. */
export interface EquationNode extends NodeBase {
  readonly kind: 'equation';
  readonly equation: EquationId;
}

/** `prev h`, `prev top.h`, `prev top.low.h`: the state by its full name in this cell, one step ago. */
export interface PreviousNode extends NodeBase {
  readonly kind: 'previous';
  readonly state: string;
}

/** `top.c`: the value of an instance's state at the same step, after its application; by its full name. */
export interface InstanceStateNode extends NodeBase {
  readonly kind: 'instance-state';
  readonly state: string;
  readonly application: ApplicationId;
}

/** One output of an application. */
export interface ApplyNode extends NodeBase {
  readonly kind: 'apply';
  readonly application: ApplicationId;
  /** Its position among the cell's outputs. */
  readonly output: number;
}

/**
 * Operators of one precedence, grouped to the left. All but `@` are elementwise, and an operand or a partial result
 * of shape [] spreads. `@` is matrix by vector, matrix by matrix, or vector by matrix.
 */
export interface ChainNode extends NodeBase {
  readonly kind: 'chain';
  readonly first: CheckedExpression;
  readonly rest: readonly {
    readonly operator: ChainOperator;
    readonly operand: CheckedExpression;
  }[];
}

/** `a ^ b ^ c`, grouped to the right; elementwise, [] spreads. */
export interface PowerNode extends NodeBase {
  readonly kind: 'power';
  readonly operands: readonly CheckedExpression[];
}

/** bool; elementwise, [] spreads. Both real, or both index. */
export interface ComparisonNode extends NodeBase {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: CheckedExpression;
  readonly right: CheckedExpression;
}

/**
 * `all`, `any`: a bool of any shape to bool [].
 * `argmax`: a vector to index []. `to_index`: a number to index []: floored, and taken modulo the categories. `dot`: two values of one shape to []. `outer`: two vectors, [m] and [n], to [m, n].
 * `concat`: two or more, joined along the first axis. `transpose`: a matrix.
 */
export interface PrimitiveNode extends NodeBase {
  readonly kind: 'primitive';
  readonly name: PrimitiveName;
  readonly operands: readonly CheckedExpression[];
}

/**
 * The value of the first case whose condition holds, else `otherwise`. A condition is bool of the node's shape or
 * []; a value of shape [] spreads.
 */
export interface IfNode extends NodeBase {
  readonly kind: 'if';
  readonly cases: readonly { readonly condition: CheckedExpression; readonly value: CheckedExpression }[];
  readonly otherwise: CheckedExpression;
}

/** Some positions of the first axis: one part of a `split`. */
export interface SliceNode extends NodeBase {
  readonly kind: 'slice';
  readonly operand: CheckedExpression;
  readonly start: Size;
  readonly size: Size;
}

/** `S[i, j]`, `x[0]`, `A[1:3]`, `a[k]`: one place for each of the first axes of the operand; the others are whole. */
export interface AccessNode extends NodeBase {
  readonly kind: 'access';
  readonly operand: CheckedExpression;
  readonly places: readonly CheckedPlace<CheckedExpression>[];
}

/** An index as a number: real [], or a category, index [], where it stands beside one. */
export interface IndexNumberNode extends NodeBase {
  readonly kind: 'index-number';
  readonly index: CheckedIndex;
}

/** The values of an expression for all values of some indices, which are its first axes in this order. */
export interface TabulateNode extends NodeBase {
  readonly kind: 'tabulate';
  readonly indices: readonly CheckedIndex[];
  readonly operand: CheckedExpression;
}

export type IndexReducer = 'sum' | 'mean' | 'prod' | 'max' | 'min';

/** `sum over j: ...`: the real values of an expression for all values of some indices, put together. */
export interface OverIndexNode extends NodeBase {
  readonly kind: 'over-index';
  readonly reducer: IndexReducer;
  readonly indices: readonly CheckedIndex[];
  readonly operand: CheckedExpression;
}

/** A value of the node's shape, or one of shape [] at each of its entries; it may be a constant at every step, too. */
export interface SpreadNode extends NodeBase {
  readonly kind: 'spread';
  readonly operand: CheckedExpression;
}

/** The same elements in the same order, the last axis the fastest, in another shape. */
export interface ReshapeNode extends NodeBase {
  readonly kind: 'reshape';
  readonly operand: CheckedExpression;
}

/** The sum of `weight . argument`, and the bias: affine, linear and Dense. */
export interface AffineNode extends NodeBase {
  readonly kind: 'affine';
  /** The weight's shape is the node's shape, then the argument's; each of the two is [] or a vector. */
  readonly terms: readonly { readonly weight: string; readonly argument: CheckedExpression }[];
  /** Has the node's shape. */
  readonly bias: string | undefined;
}

/** The operand, divided by 1 - p where the noise keeps it, else zero; the operand itself outside training. */
export interface DropoutNode extends NodeBase {
  readonly kind: 'dropout';
  readonly scope: NoiseScope;
  /** The name of the noise in this cell: `logits.dropout`. */
  readonly name: string;
  readonly operand: CheckedExpression;
  /** A scalar. Where it is made of literals, sizes and hyperparameters alone, it lies from 0 up to below 1. */
  readonly probability: CheckedExpression;
}

/** How long a draw holds: for a step, for all steps of a sequence, for all sequences of a batch and their steps. */
export type NoiseScope = 'step' | 'sequence' | 'batch';

/**
 * `chance`: a condition that holds with the probability, never outside training. `gaussian`: numbers with mean 0 and
 * variance 1, zero outside training.
 */
export interface NoiseNode extends NodeBase {
  readonly kind: 'noise';
  readonly draw: 'chance' | 'gaussian';
  readonly scope: NoiseScope;
  /** The name of the noise in this cell: `h.chance`. */
  readonly name: string;
  /** Of `chance`: real, of the node's shape or []. */
  readonly probability: CheckedExpression | undefined;
}

/** `training`: bool []. */
export interface TrainingNode extends NodeBase {
  readonly kind: 'training';
}

/**
 * A once value made from all steps: `last h`, `first h`, `max over time h`. Max of index or bool does not exist. `all`: the whole
 * sequence, its length in front of the shape of a step; in the order of time, also in what runs backwards.
 */
export interface OverTimeNode extends NodeBase {
  readonly kind: 'over-time';
  readonly reducer: 'last' | 'first' | 'max' | 'sum' | 'mean' | 'all';
  /** An equation or an input, of rate `step`. */
  readonly operand: CheckedExpression;
}

/** A once value at every step. */
export interface EachStepNode extends NodeBase {
  readonly kind: 'each-step';
  /** An equation or an input, of rate `once`. */
  readonly operand: CheckedExpression;
}

/** The last entry along the first axis: of what a delay has kept, what it gives. */
export interface OldestNode extends NodeBase {
  readonly kind: 'oldest';
  readonly operand: CheckedExpression;
}

/** The operand in front of what has been kept, whose oldest entry is dropped: as many entries as before. */
export interface NewestNode extends NodeBase {
  readonly kind: 'newest';
  readonly operand: CheckedExpression;
  readonly past: CheckedExpression;
}

/** The matrix of its shape with ones on the diagonal. */
export interface IdentityNode extends NodeBase {
  readonly kind: 'identity';
}

/**
 * A value to which the body is applied `count` times, from the start on; a count may come to 0. The start, the body and the
 * node have one shape.
 */
export interface RepeatNode extends NodeBase {
  readonly kind: 'repeat';
  /** Its number among the loops of the cell. */
  readonly loop: number;
  readonly count: Size;
  readonly start: CheckedExpression;
  /** What the body names more than once: computed once in each round. One may name those before it. */
  readonly locals: readonly CheckedExpression[];
  readonly body: CheckedExpression;
}

/** In the body of a loop: what the round before has left, or the start. */
export interface LoopValueNode extends NodeBase {
  readonly kind: 'loop-value';
  readonly loop: number;
}

/** The number of the round, from 0: real [], or the category that picks from a table. */
export interface LoopNumberNode extends NodeBase {
  readonly kind: 'loop-number';
  readonly loop: number;
}

/** One of the locals of a loop, by its position. */
export interface LoopLocalNode extends NodeBase {
  readonly kind: 'loop-local';
  readonly loop: number;
  readonly local: number;
}
