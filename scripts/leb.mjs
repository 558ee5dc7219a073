// The parts of a wasm file: numbers in LEB128, and sections.

/** The number at `at`, and where it ends. */
export function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

/** The bytes of a number. */
export function toLeb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** The sections of a module: the kind, where it begins, and from where to where its content lies. */
export function* sections(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const [length, start] = leb(wasm, at + 1);
    yield { kind: wasm[at], at, start, end: start + length };
    at = start + length;
  }
}
