// The bytes of the receiver's module as base64 text: scripts/build.mjs resolves the name.

declare module "#receiver-base64" {
  const base64: string;
  export default base64;
}
