// Turns the module's file or bytes into an instance. What wasm-bindgen generates for that takes many more kinds of sources.

/** The instance; `imports` is what the glue offers it. @internal */
export async function instantiate(source: URL | BufferSource, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  if (source instanceof URL) {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${source.href}`);
    // Compiled while it arrives, where the server says what it is.
    if (response.headers.get("content-type") === "application/wasm") {
      return (await WebAssembly.instantiateStreaming(response, imports)).instance;
    }
    source = await response.arrayBuffer();
  }
  return (await WebAssembly.instantiate(source, imports)).instance;
}
