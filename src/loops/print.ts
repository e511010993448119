// A loop program as text, for people and tests.

import type { Access, BufferId, Place, Program, Scalar, ScalarId, Statement, StepTerm } from './program.ts';
import { isZero, showSize, showSum } from './size.ts';

/** The program: its buffers, then its statements, loops indented. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name}`];
  const nameOf = (id: BufferId): string => `${program.buffers[id].name}#${id}`;
  program.buffers.forEach(({ element, size, role }, id) => {
    lines.push(`  ${role} ${nameOf(id as BufferId)}: ${element}[${showSum(size)}]`);
  });
  const ports = (list: Program['inputs']): string =>
    list.map(({ name, buffer }) => `${name} = ${nameOf(buffer)}`).join(', ');
  lines.push(`  inputs ${ports(program.inputs)}`, `  outputs ${ports(program.outputs)}`);
  printBlock(program.body, '  ', nameOf, lines);
  return `${lines.join('\n')}\n`;
}

type NameOf = (id: BufferId) => string;

function printBlock(statements: readonly Statement[], indent: string, nameOf: NameOf, lines: string[]): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case 'loop': {
        const { loop, axis, reverse, body } = statement;
        lines.push(`${indent}loop s${loop} over ${axis}${reverse ? ', last to first' : ''}`);
        printBlock(body, `${indent}  `, nameOf, lines);
        break;
      }
      case 'sweep':
        lines.push(`${indent}sweep [${statement.extents.map(showSize).join(', ')}]`);
        statement.scalars.forEach((scalar, id) => {
          lines.push(`${indent}  ${printScalar(scalar, id as ScalarId, nameOf)}`);
        });
        break;
      case 'product': {
        const { outer, rows, columns, inner, left, right, out, accumulate } = statement;
        const operand =
          'packed' in right
            ? `packed ${nameOf(right.packed)}`
            : `${showPlace(right, nameOf)} by ${showSize(right.inner)}, ${showSize(right.column)}`;
        lines.push(
          `${indent}product [${[rows, columns, inner].map(showSize).join(', ')}] ` +
            `${showPlace(out, nameOf)} by ${showSize(out.row)} ${accumulate ? '+=' : '='} ` +
            `${showPlace(left, nameOf)} by ${showSize(left.row)}, ${showSize(left.inner)} @ ${operand}`,
        );
        for (const axis of outer) {
          const strides = [axis.out, axis.left, axis.right].map(showSize).join(', ');
          lines.push(`${indent}  for ${showSize(axis.extent)}: ${strides}`);
        }
        break;
      }
      case 'pack': {
        const { packed, source, inner, columns } = statement;
        lines.push(
          `${indent}pack [${showSize(inner)}, ${showSize(columns)}] ${nameOf(packed)} = ` +
            `${showPlace(source, nameOf)} by ${showSize(source.inner)}, ${showSize(source.column)}`,
        );
        break;
      }
      default:
        statement satisfies never;
    }
  }
}

function printScalar(scalar: Scalar, id: ScalarId, nameOf: NameOf): string {
  const operands = (...ids: readonly ScalarId[]): string => ids.map((k) => `%${k}`).join(', ');
  switch (scalar.kind) {
    case 'number':
      return `%${id} = ${scalar.element} ${scalar.value}`;
    case 'position':
      return `%${id} = position ${showAffine(scalar)}`;
    case 'extent':
      return `%${id} = extent ${showSize(scalar.size)}`;
    case 'load':
      return `%${id} = load ${showAccess(scalar.access, nameOf)}`;
    case 'gather':
      return (
        `%${id} = gather ${showAccess(scalar.access, nameOf)} at ${operands(scalar.index)} ` +
        `of ${scalar.rows} by ${showSize(scalar.stride)}`
      );
    case 'apply': {
      const to = scalar.name === 'convert' ? ` ${scalar.element}` : '';
      return `%${id} = ${scalar.name}${to} ${operands(...scalar.operands)}`;
    }
    case 'uniform':
      return `%${id} = uniform ${scalar.key} ${operands(scalar.seed, scalar.step, scalar.position)}`;
    case 'store':
      return `store ${showAccess(scalar.access, nameOf)} = ${operands(scalar.value)}`;
    case 'reduce':
      return `${scalar.how} ${showAccess(scalar.access, nameOf)} with ${operands(scalar.value)}`;
    case 'argmax':
      return `argmax ${showAccess(scalar.access, nameOf)} of ${operands(scalar.value)}`;
    case 'scatter':
      return (
        `scatter ${showAccess(scalar.access, nameOf)} at ${operands(scalar.index)} ` +
        `of ${scalar.rows} by ${showSize(scalar.stride)} += ${operands(scalar.value)}`
      );
    default:
      return scalar satisfies never;
  }
}

/** `h#3[4*B + 2*s0 + 4*i0 + i1]`. */
function showAccess(access: Access, nameOf: NameOf): string {
  return `${nameOf(access.buffer)}[${showAffine(access)}]`;
}

const keys = new WeakMap<Access, string>();

/** Equal for equal accesses. */
export function accessKey(access: Access): string {
  let key = keys.get(access);
  if (key === undefined) {
    key = showAccess(access, String);
    keys.set(access, key);
  }
  return key;
}

/** A place without the sweep's positions. */
function showPlace(place: Place, nameOf: NameOf): string {
  return showAccess({ ...place, strides: [] }, nameOf);
}

function showAffine(affine: Omit<Access, 'buffer'>): string {
  const { offset, strides } = affine;
  const steps: readonly StepTerm[] = affine.steps;
  const terms = [
    ...(offset.length === 0 ? [] : [showSum(offset)]),
    ...steps.map(({ loop, stride }) => `${showSize(stride)}*s${loop}`),
    ...strides.flatMap((stride, axis) => (isZero(stride) ? [] : [`${showSize(stride)}*i${axis}`])),
  ];
  return terms.length === 0 ? '0' : terms.join(' + ');
}
