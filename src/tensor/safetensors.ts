// The safetensors format, strictly and with limits: 8 bytes of header length (little-endian), a JSON header
// {name: {dtype, shape, data_offsets}}, then the tensors' bytes without gaps or overlaps. The header's
// `__metadata__` is a map of strings. Source: the format's description in huggingface/safetensors.

import type { Tensor } from './tensor.ts';

/** The largest header that is read, in bytes (the format's own limit is 100 MB). */
const HEADER_LIMIT = 16 * 1024 * 1024;

/** A file that is not a valid safetensors file, in words for its owner. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Dtype {
  readonly bytes: number;
  readonly element: Tensor['element'];
  read(view: DataView, offset: number): number;
}

const DTYPES: Readonly<Record<string, Dtype>> = {
  F64: { bytes: 8, element: 'real', read: (v, o) => v.getFloat64(o, true) },
  F32: { bytes: 4, element: 'real', read: (v, o) => v.getFloat32(o, true) },
  F16: { bytes: 2, element: 'real', read: (v, o) => half(v.getUint16(o, true)) },
  BF16: { bytes: 2, element: 'real', read: (v, o) => bfloat(v.getUint16(o, true)) },
  I64: { bytes: 8, element: 'index', read: (v, o) => Number(v.getBigInt64(o, true)) },
  I32: { bytes: 4, element: 'index', read: (v, o) => v.getInt32(o, true) },
  I16: { bytes: 2, element: 'index', read: (v, o) => v.getInt16(o, true) },
  I8: { bytes: 1, element: 'index', read: (v, o) => v.getInt8(o) },
  U8: { bytes: 1, element: 'index', read: (v, o) => v.getUint8(o) },
  BOOL: { bytes: 1, element: 'bool', read: (v, o) => v.getUint8(o) },
};

/**
 * Reads a safetensors file. F64 comes back as Float64Array, F32, F16 and BF16 as Float32Array, integers as
 * Int32Array (an I64 outside its range is an error), BOOL as Uint8Array. Throws a SafetensorsError that says
 * what is wrong with the file.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 8) fail(`the file has ${bytes.byteLength} bytes; a safetensors file begins with 8`);
  const length = Number(view.getBigUint64(0, true));
  if (length > HEADER_LIMIT)
    fail(otherFormat(bytes) ?? `its header would have ${length} bytes, more than ${HEADER_LIMIT}`);
  if (8 + length > bytes.byteLength) {
    fail(`its header would have ${length} bytes, but only ${bytes.byteLength - 8} follow: is it cut off?`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + length));
  const dataStart = 8 + length;
  const dataLength = bytes.byteLength - dataStart;
  const tensors = new Map<string, Tensor>();
  let metadata = new Map<string, string>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(value);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, value);
    const kind = Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
    if (kind === undefined) {
      fail(`${name} has the element type ${dtype}; known are ${Object.keys(DTYPES).join(', ')}`);
    }
    const elements = shape.reduce((n, d) => n * d, 1);
    if (!Number.isSafeInteger(elements) || elements * kind.bytes !== end - begin) {
      fail(`${name} is ${dtype} [${shape.join(', ')}], which is not the ${end - begin} bytes it is given`);
    }
    if (end > dataLength) fail(`${name} ends at byte ${end} of ${dataLength}: is the file cut off?`);
    ranges.push({ name, begin, end });
    tensors.set(name, {
      element: kind.element,
      shape,
      data: readData(view, dataStart + begin, elements, kind, name, dtype),
    });
  }
  let next = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== next) fail(`${name} begins at byte ${begin} instead of ${next}`);
    next = end;
  }
  if (next !== dataLength) fail(`${dataLength - next} bytes at its end belong to no tensor`);
  return { tensors, metadata };
}

/**
 * Writes tensors in the order of the map: Float64Array as F64, Float32Array as F32, Int32Array as I32,
 * Uint8Array as BOOL. The same tensors give the same bytes.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const header: [string, unknown][] = [];
  if (metadata.size > 0) header.push(['__metadata__', Object.fromEntries(metadata)]);
  // Wider elements first, as the format's own writer does, so that each tensor is aligned to its elements.
  const entries = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    const end = offset + data.byteLength;
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  let json = JSON.stringify(Object.fromEntries(header));
  let encoded = new TextEncoder().encode(json);
  while (encoded.length % 8 !== 0) {
    json += ' ';
    encoded = new TextEncoder().encode(json);
  }
  const bytes = new Uint8Array(8 + encoded.length + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  let at = 8 + encoded.length;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** What a file is that does not begin as safetensors do, where its first bytes tell. */
function otherFormat(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 8);
  const text = String.fromCharCode(...start);
  if (text.startsWith('PK')) return 'it is a zip archive, such as np.savez and torch.save write';
  if (text.startsWith('\x93NUMPY')) return 'it is a .npy file of NumPy';
  if (text.startsWith('\x89HDF')) return 'it is an HDF5 file';
  if (start.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))) {
    return 'it is a text file';
  }
  const most = 100_000_000n;
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  return length > most ? 'its first eight bytes are not the length of a header' : undefined;
}

function fail(message: string): never {
  throw new SafetensorsError(message);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    fail('its header is not JSON: is it a safetensors file?');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail('its header is not an object');
  return header as Record<string, unknown>;
}

function readMetadata(value: unknown): Map<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const metadata = new Map<string, string>();
  for (const [key, text] of entries) {
    if (typeof text !== 'string') fail(`__metadata__.${key} is not a string`);
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(
  name: string,
  value: unknown,
): { dtype: string; shape: number[]; begin: number; end: number } {
  const entry = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') fail(`${name} has no dtype`);
  if (!isSizes(shape)) fail(`the shape of ${name} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    fail(`the data_offsets of ${name} are not a begin and an end`);
  }
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function readData(
  view: DataView,
  offset: number,
  elements: number,
  kind: Dtype,
  name: string,
  dtype: string,
): Tensor['data'] {
  const data =
    dtype === 'F64'
      ? new Float64Array(elements)
      : kind.element === 'real'
        ? new Float32Array(elements)
        : kind.element === 'index'
          ? new Int32Array(elements)
          : new Uint8Array(elements);
  for (let i = 0; i < elements; i++) {
    const value = kind.read(view, offset + i * kind.bytes);
    data[i] = value;
    if (kind.element !== 'real' && data[i] !== value)
      fail(`${name} holds ${value}, which is no 32-bit integer`);
  }
  return data;
}

function dtypeOf(data: Tensor['data']): string {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'BOOL';
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}
