// ONNX's cases as data: an operator, its attributes, and arrays by ONNX's names and in ONNX's shapes.
import { readdirSync, readFileSync } from 'node:fs';
import { readSafetensors, type SafetensorsFile } from '../../src/tensor/safetensors.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { pick } from '../laws/cases.ts';

/** The two directions of `bidirectional`: first what runs forward, then what runs backward. */
const DIRECTIONS = { forward: [0], reverse: [1], bidirectional: [0, 1] } as const;

export type Direction = keyof typeof DIRECTIONS;

export interface OnnxCase {
  readonly name: string;
  readonly operator: string;
  readonly direction: Direction;
  /** 0: time, batch, features; 1: batch, time, features. */
  readonly layout: 0 | 1;
  /** Whether the reset gate of a GRU acts after the product. */
  readonly linearBeforeReset: boolean;
  /** `X`, `W`, `R`, and of `B`, `sequence_lens`, `initial_h`, `initial_c`, `P` those that the case gives. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Of `Y`, `Y_h`, `Y_c` those that the case asks for. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Where the numbers are from: a revision of ONNX and a path. */
  readonly source: string;
}

function isDirection(word: string | undefined): word is Direction {
  return word !== undefined && Object.hasOwn(DIRECTIONS, word);
}

/** ONNX's operator tests, by name. */
export function operatorTests(): readonly OnnxCase[] {
  return filesOf('operator-tests').map(({ name, file: { tensors, metadata } }) => {
    const direction = metadata.get('direction');
    if (!isDirection(direction)) throw new Error(`${name} has the direction ${direction}`);
    const isOutput = (tensor: string): boolean => /^Y(_[hc])?$/.test(tensor);
    return {
      name,
      operator: metadata.get('operator')!,
      direction,
      layout: metadata.get('layout') === '1' ? 1 : 0,
      linearBeforeReset: metadata.get('linear_before_reset') === '1',
      inputs: new Map([...tensors].filter(([tensor]) => !isOutput(tensor))),
      outputs: new Map([...tensors].filter(([tensor]) => isOutput(tensor))),
      source: metadata.get('source')!,
    };
  });
}

/** What ONNX's reference operators gave, by variant: every direction, with and without starts and lengths, both layouts. */
export function furtherCases(): readonly OnnxCase[] {
  return filesOf('further').flatMap(({ name, file }) => casesOf(name, file));
}

function casesOf(variant: string, { tensors, metadata }: SafetensorsFile): readonly OnnxCase[] {
  const answer = /^(\w+)\.(zero|start)\.(full|ragged)\.layout-([01])\.(Y|Y_h|Y_c)$/;
  const outputs = new Map<string, Map<string, Tensor>>();
  for (const [name, tensor] of tensors) {
    const [, ...words] = answer.exec(name) ?? [];
    if (words.length === 0) continue;
    const key = words.slice(0, 4).join(' ');
    outputs.set(key, (outputs.get(key) ?? new Map()).set(words[4], tensor));
  }
  return [...outputs].map(([key, answers]) => {
    const [direction, start, ends, layout] = key.split(' ');
    if (!isDirection(direction)) throw new Error(`${variant} has the direction ${direction}`);
    const inputs = new Map<string, Tensor>();
    for (const [name, tensor] of tensors) {
      const [, inLayout, array] = /^layout-([01])\.(\w+)$/.exec(name) ?? [undefined, layout, name];
      if (inLayout !== layout || answer.test(name)) continue;
      if (array === 'X') inputs.set(array, tensor);
      else if (array === 'sequence_lens') {
        if (ends === 'ragged') inputs.set(array, tensor);
      } else if (!array.startsWith('initial_')) inputs.set(array, pick(tensor, 0, DIRECTIONS[direction]));
      else if (start === 'start') inputs.set(array, pick(tensor, Number(layout), DIRECTIONS[direction]));
    }
    return {
      name: `${variant} ${key}`,
      operator: metadata.get('operator')!,
      direction,
      layout: layout === '1' ? 1 : 0,
      linearBeforeReset: metadata.get('linear_before_reset') === '1',
      inputs,
      outputs: answers,
      source: metadata.get('source')!,
    };
  });
}

function filesOf(folder: string): readonly { readonly name: string; readonly file: SafetensorsFile }[] {
  const place = new URL(`data/${folder}/`, import.meta.url);
  return readdirSync(place)
    .filter((file) => file.endsWith('.safetensors'))
    .map((file) => ({
      name: file.replace('.safetensors', ''),
      file: readSafetensors(readFileSync(new URL(file, place))),
    }));
}
