// What the build puts behind two names: the glue that wasm-bindgen generates, and the module's bytes as text.

declare module "#glue" {
  /** One engine with its driver. See src/web/mod.rs. */
  export class Core {
    constructor(
      host: object,
      endpoint: string,
      clientInfoJson: string | undefined,
      pollIntervalMs: number | undefined,
      maxMessageBytes: number | undefined,
      flags: number,
      session: string | undefined,
    );
    call(handle: number, kind: number, name: string, argumentsJson: string, ttlMs: number | undefined): void;
    attach(handle: number, taskId: string): void;
    /** `what`: see `TELL` in link.ts. */
    tell(what: number, which: number, more: number): void;
    ask(reply: number, what: number, which: string | undefined): void;
    respond(input: number, reply: number, json: string | undefined, code: number, message: string): void;
    /** What an exchange brings: see `Host.fetch`. */
    head(exchange: number, status: number, headers: string, redirectedTo: string | undefined): void;
    chunk(exchange: number, bytes: Uint8Array): void;
    over(exchange: number, why: string | undefined): void;
    free(): void;
  }
  /** Loads the module, from its file or its bytes. Once: see load.ts. */
  export default function init(source: URL | BufferSource): Promise<void>;
}

declare module "#wasm-base64" {
  const base64: string;
  export default base64;
}
