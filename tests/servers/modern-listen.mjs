// `subscriptions/listen` of the modern stub: one event stream per request, which begins with the acknowledgement and is
// over with the answer to the request, or with the connection.
import { isObject, missingCapability, RpcError, tasksExtension } from "./modern-http.mjs";
import { answer, send, sse } from "./scripted.mjs";

const subscriptionId = "io.modelcontextprotocol/subscriptionId";

export class Listens {
  /** Every stream there was, in order: `{ id, taskIds, told, open }`; `told` counts the notifications after the first. */
  all = [];

  /**
   * `options` are those of `startModern`: `acknowledgeTaskIds: false` leaves the ids out of the acknowledgement, as the
   * TypeScript server does, and `notifyTasks: false` never says anything about a task.
   */
  constructor(options, tasks) {
    this.options = options;
    this.tasks = tasks;
  }

  open({ id, params: { notifications: filter } }, capabilities, res) {
    if (!isObject(filter)) throw new RpcError(-32602, "params.notifications must be an object");
    const { taskIds } = filter;
    const { acknowledgeTaskIds, extension } = this.options;
    if (taskIds !== undefined) {
      if (!Array.isArray(taskIds)) throw new RpcError(-32602, "params.notifications.taskIds must be an array");
      if (!capabilities.extensions?.[tasksExtension]) throw missingCapability({ extensions: { [tasksExtension]: {} } });
    }
    // Only what this server will tell about: of the lists it has it never announces a change.
    const known = extension ? (taskIds ?? []).filter((taskId) => this.tasks.byId.has(taskId)) : [];
    const agreed = taskIds !== undefined && extension && acknowledgeTaskIds ? { taskIds: known } : {};
    const listen = { id, taskIds: known, told: 0, open: true, res };
    Object.defineProperty(listen, "res", { enumerable: false }); // or a failing assertion would print it
    res.on("close", () => { listen.open = false; });
    sse(res, [{ data: notification(id, "notifications/subscriptions/acknowledged", { notifications: agreed }) }], {
      end: false, headers: { "x-accel-buffering": "no" },
    });
    this.all.push(listen);
  }

  get #open() {
    return this.all.filter((listen) => listen.open);
  }

  /** A task has changed. */
  tell(task) {
    if (!this.options.notifyTasks) return;
    for (const listen of this.#open.filter(({ taskIds }) => taskIds.includes(task.taskId))) {
      send(listen.res, { data: notification(listen.id, "notifications/tasks", task.detail()) });
      listen.told += 1;
    }
  }

  /** Ends every stream as a server does that wants to: with the answer to the request. */
  end() {
    for (const listen of this.#open) {
      listen.open = false;
      send(listen.res, { data: answer(listen.id, { resultType: "complete", _meta: { [subscriptionId]: listen.id } }) });
      listen.res.end();
    }
  }

  /** Breaks every stream off, as a dying network does. */
  cut() {
    for (const { res } of this.#open) res.destroy();
  }
}

const notification = (id, method, params) => ({ jsonrpc: "2.0", method, params: { _meta: { [subscriptionId]: id }, ...params } });
