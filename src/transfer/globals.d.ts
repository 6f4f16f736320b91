/**
 * What the transfer uses of the host beside the language itself: Node, browsers and their workers all have it. The rest of
 * the project has the types of Node instead of these.
 */

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label: 'utf-8', options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
