// Questions before there is a task (MRTR): a request is answered with `resultType: "input_required"`, and repeated by the
// client with the answers and the very `requestState` it was given.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { isObject, missingCapability, RpcError } from "./modern-http.mjs";

export class Asking {
  #key = randomBytes(32);

  /**
   * The answers to `questions` that this request brings, or undefined: then `result` is what to answer. A state that was
   * changed, or given for another request, is an error: clients must not.
   */
  inputs({ method, params }, questions) {
    const { requestState, inputResponses = {} } = params;
    if (!isObject(inputResponses) || !Object.values(inputResponses).every(isObject)) {
      throw new RpcError(-32602, "params.inputResponses must be an object of objects");
    }
    const state = this.#sign(method, params);
    if (requestState !== undefined && requestState !== state) {
      throw new RpcError(-32602, "requestState is not the one of this request");
    }
    const complete = Object.keys(questions).every((key) => key in inputResponses);
    if (requestState !== undefined && complete) return { inputs: inputResponses };
    const asked = Object.keys(questions).length > 0 ? { inputRequests: questions } : {};
    return { result: { resultType: "input_required", ...asked, requestState: state } };
  }

  /** The state holds what it was given for: the rest of the parameters must come again as they were. */
  #sign(method, { name, uri, arguments: args }) {
    const subject = createHash("sha256").update(JSON.stringify([method, name, uri, args ?? {}])).digest("base64url");
    return `v1.${subject}.${createHmac("sha256", this.#key).update(subject).digest("base64url")}`;
  }
}

/** Only what the client declares may be asked of it. */
export function checkNeeds(needs, capabilities) {
  const lacking = Object.keys(needs).filter((name) => !isObject(capabilities[name]));
  if (lacking.length > 0) throw missingCapability(Object.fromEntries(lacking.map((name) => [name, {}])));
}
