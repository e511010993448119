// What floors 0 to 5 may use beyond ES2023 (see tsconfig.pure.json): UTF-8. It is arithmetic, not a platform, and is the same wherever JavaScript runs.
interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare const TextEncoder: new () => TextEncoder;

interface TextDecoder {
  decode(bytes?: ArrayBuffer | ArrayBufferView): string;
}

declare const TextDecoder: new (
  label?: string,
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => TextDecoder;
