// What the build puts behind two more names: the glue of the second module, see src/web/receiver, and its bytes as text.

declare module "#receiver-glue" {
  /** See bridge.ts, which a declaration like this cannot name. */
  type Bridge = object;

  /** What the work tells of itself with. What resolves with text resolves with a task as JSON. */
  export class Context {
    task(): string;
    isCancelled(): boolean;
    requestCancellation(): void;
    update(status: string | undefined, message: string | undefined): Promise<string>;
    complete(json: string): Promise<string>;
    fail(words: string): Promise<string>;
    failWith(code: number, words: string): Promise<string>;
  }

  /** `InMemoryTaskStore`. Every method throws what the store refuses with. */
  export class MemoryStore {
    constructor(tasks?: number, resultBytes?: number, longestTtlMs?: number, pageSize?: number);
    createTask(taskId: string, ttlMs: number | undefined): string;
    getTask(taskId: string): string | undefined;
    updateTask(taskId: string, status: string | undefined, message: string | undefined): string;
    storeResult(taskId: string, outcome: string): void;
    getResult(taskId: string): string | undefined;
    listTasks(cursor: string | undefined): string;
    getAllTasks(): string;
    deleteTask(taskId: string): boolean;
    waitForUpdate(taskId: string, known: string, stop: Promise<never>): Promise<string>;
    notifyUpdate(taskId: string): void;
    cleanup(): void;
  }

  export function isTerminal(status: string): boolean;
  export function generateTaskId(random: Uint8Array): string;
  export function createTaskState(taskId: string, ttlMs: number | undefined, now: number): string;
  export function updateTaskState(task: string, status: string | undefined, message: string | undefined, now: number): string;
  export function cancelTask(store: Bridge, taskId: string): Promise<string>;
  export function taskExecution(
    store: Bridge,
    taskId: string,
    work: (context: Context) => Promise<void>,
    abort: () => void,
  ): Promise<void>;
  export function answer(store: Bridge, what: number, params: string): Promise<string>;
  export function createTask(
    store: Bridge,
    taskId: string,
    ttlMs: number | undefined,
    length: number,
    running: number,
    concurrent: number | undefined,
    longestTtlMs: number | undefined,
    requestLength: number | undefined,
  ): Promise<string>;
  export function follow(store: Bridge, taskId: string, tell: (task: string) => void): Promise<string>;
  /** Compiles and instantiates the module, at once. */
  export function initSync(source: { module: BufferSource }): void;
}

declare module "#receiver-base64" {
  const base64: string;
  export default base64;
}
