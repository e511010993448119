// Where buffers lie. How long each temporary lives follows from the program alone; the addresses follow from that and
// the extents, when these are bound: two temporaries share memory only if no statement falls into the lives of both.
//
// A temporary lives from its first to its last statement in the innermost block that holds all of them. In a block of
// a loop that is one step: a value of a step is written before it is read in the same step (lower.ts makes them so,
// verify.ts proves it), and what outlives a step is touched outside of the loop as well.

import { invariant } from '../base/invariant.ts';
import type { Element, Extents } from '../graph/type.ts';
import { eachTouch } from './accesses.ts';
import type { Buffer, BufferId, Program, Statement } from './program.ts';
import { type Sum, valueOfSum } from './size.ts';

/** What planning needs to know of a buffer. */
export interface Storage {
  readonly name: string;
  readonly element: Element;
  readonly role: Buffer['role'];
  readonly size: Sum;
  /** Of a temporary: its first and last statement, numbered through the whole program; undefined: never touched. */
  readonly life: readonly [number, number] | undefined;
}

/** Addresses in bytes; `bytes` is where free memory begins. */
export interface MemoryPlan {
  readonly addresses: readonly number[];
  readonly bytes: number;
}

/** Every element takes four bytes: float32, int32, and a bool as a mask of 32 bits. */
export const ELEMENT_BYTES = 4;

/** Buffers begin at cache lines. */
const ALIGNMENT = 64;

/** How long each buffer lives. */
export function storageOf(program: Program): Storage[] {
  const paths = pathsOf(program);
  return program.buffers.map(({ name, element, role, size }, id) => ({
    name,
    element,
    role,
    size,
    life: role === 'temporary' ? lifeOf(paths.get(id as BufferId)) : undefined,
  }));
}

/** One touch: the numbers of the statements around it, from the outermost in, as [first, last]. */
type Path = readonly (readonly [number, number])[];

function pathsOf(program: Program): Map<BufferId, Path[]> {
  const paths = new Map<BufferId, Path[]>();
  let count = 0;
  const walk = (statements: readonly Statement[], around: Path): void => {
    for (const statement of statements) {
      const first = count++;
      if (statement.kind === 'loop') {
        // The loop's last number is known after its body: it is put in then.
        const range: [number, number] = [first, first];
        walk(statement.body, [...around, range]);
        range[1] = count++;
        continue;
      }
      const path: Path = [...around, [first, first]];
      const seen = new Set<BufferId>();
      eachTouch(statement, ({ buffer }) => {
        if (seen.has(buffer)) return;
        seen.add(buffer);
        const list = paths.get(buffer);
        if (list === undefined) paths.set(buffer, [path]);
        else list.push(path);
      });
    }
  };
  walk(program.body, []);
  return paths;
}

function lifeOf(paths: readonly Path[] | undefined): readonly [number, number] | undefined {
  if (paths === undefined) return undefined;
  // The depth to which all touches lie in the same loops.
  let depth = 0;
  while (paths.every((path) => path.length > depth + 1 && path[depth] === paths[0][depth])) depth++;
  let [first, last] = paths[0][depth];
  for (const path of paths) {
    first = Math.min(first, path[depth][0]);
    last = Math.max(last, path[depth][1]);
  }
  return [first, last];
}

/**
 * Addresses for the buffers from `start` on. Arguments and results whose size is a number stand first, so that they
 * keep their address (and contents) when other extents are bound; then the others; then the temporaries.
 */
export function planMemory(buffers: readonly Storage[], extents: Extents, start: number): MemoryPlan {
  const bytesOf = (buffer: Storage): number => align(valueOfSum(buffer.size, extents) * ELEMENT_BYTES);
  const addresses = new Array<number>(buffers.length).fill(0);
  let end = align(start);
  const isFixed = ({ size }: Storage): boolean => size.every(({ axes }) => axes.length === 0);
  for (const wantsFixed of [true, false]) {
    buffers.forEach((buffer, id) => {
      if (buffer.role === 'temporary' || isFixed(buffer) !== wantsFixed) return;
      addresses[id] = end;
      end += bytesOf(buffer);
    });
  }
  const bytes = placeTemporaries(buffers, bytesOf, addresses, end);
  return { addresses, bytes };
}

/** In the order of their lives' beginnings, each into the smallest gap that holds it. */
function placeTemporaries(
  buffers: readonly Storage[],
  bytesOf: (buffer: Storage) => number,
  addresses: number[],
  start: number,
): number {
  interface Placed {
    readonly address: number;
    readonly end: number;
    readonly last: number;
  }
  const waiting = buffers
    .flatMap((buffer, id) =>
      buffer.role === 'temporary' && buffer.life !== undefined
        ? [{ id, life: buffer.life, bytes: bytesOf(buffer) }]
        : [],
    )
    .sort((a, b) => a.life[0] - b.life[0] || b.bytes - a.bytes || a.id - b.id);
  // Those alive, by address.
  let alive: Placed[] = [];
  let bytes = start;
  for (const { id, life, bytes: size } of waiting) {
    alive = alive.filter(({ last }) => last >= life[0]);
    let best: { address: number; room: number; at: number } | undefined;
    let free = start;
    alive.forEach(({ address, end }, at) => {
      const room = address - free;
      if (room >= size && (best === undefined || room < best.room)) best = { address: free, room, at };
      free = end;
    });
    const { address, at } = best ?? { address: free, at: alive.length };
    alive.splice(at, 0, { address, end: address + size, last: life[1] });
    addresses[id] = address;
    bytes = Math.max(bytes, address + size);
  }
  invariant(Number.isSafeInteger(bytes), 'the memory of a program is a whole number of bytes');
  return bytes;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
