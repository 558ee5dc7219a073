// The bytes of the wasm modules as base64 text: scripts/build.mjs resolves the names.

declare module "#wasm-base64" {
  const base64: string;
  export default base64;
}

declare module "#receiver-base64" {
  const base64: string;
  export default base64;
}
