// The calls that the soak test makes. Each kind is `(i) => { tool, args, isRight, nominalMs, cancels }`:
//
//   args       no two calls of a server have the same, so that a server that executes one twice can be seen
//   isRight    (outcome) => whether the server's result arrived; an outcome is `{ value }` or `{ error }`
//   nominalMs  how long the tool takes at least
//   cancels    the task is cancelled, and may have ended before
//   responds   the application answers with `respond()`, not in `onElicitation`
const is = (code, has = () => true) => ({ error }) => error?.code === code && has(error);
const said = (words) => ({ value }) => value?.content?.some(({ text }) => text?.includes(words));
const isCancelled = ({ value, error }) => value !== undefined || error?.code === "task_cancelled";

export const kinds = {
  // The demo server and its double of the other revision.
  count(i) {
    const [steps, delayMs, label] = [1 + (i % 3), 50 + (i % 150), `count-${i}`];
    return { tool: "slow_count", args: { steps, delayMs, label }, nominalMs: steps * delayMs, isRight: ({ value }) => value?.structuredContent?.label === label };
  },
  fails: (i) => ({ tool: "always_fails", args: { reason: `reason-${i}` }, nominalMs: 600, isRight: is("tool_error", ({ result }) => said(`reason-${i}`)({ value: result })) }),
  crashes: (i) => ({ tool: "crashes", args: { label: `crash-${i}` }, nominalMs: 300, isRight: is("task_failed", ({ message }) => message.includes("the ice broke")) }),
  cancelled: (i) => ({ tool: "slow_count", args: { steps: 40, delayMs: 200, label: `cancelled-${i}` }, nominalMs: 0, cancels: true, isRight: isCancelled }),
  plain: (i) => ({ tool: "echo", args: { text: `echo-${i}` }, nominalMs: 0, isRight: said(`echo-${i}`) }),
  confirms: (i) => ({ tool: "confirm_delete", args: { filename: `file-${i}` }, nominalMs: 20, isRight: said(`deleted file-${i}`) }),
  confirmsByHand: (i) => ({ tool: "confirm_delete", args: { filename: `by-hand-${i}` }, nominalMs: 20, responds: true, isRight: said(`deleted by-hand-${i}`) }),
  // FastMCP. Its tools take no other arguments, so these are unlike each other themselves.
  pyCount(i) {
    const [steps, delay_ms] = [1 + (i % 3), 50 + Math.floor(i / 3)];
    return { tool: "count", args: { steps, delay_ms }, nominalMs: steps * delay_ms, isRight: ({ value }) => value?.structuredContent?.counted === steps };
  },
  pyFails: (i) => ({ tool: "fails", args: { reason: `reason-${i}` }, nominalMs: 200, isRight: is("tool_error", ({ result }) => said(`reason-${i}`)({ value: result })) }),
  pyLetters: (i) => ({ tool: "letters", args: { word: `w${i}` }, nominalMs: 0, isRight: ({ value }) => value?.data?.join("") === `w${i}` }),
  pyHalves: (i) => ({ tool: "halves", args: { n: i }, nominalMs: 0, isRight: ({ value }) => value?.data === i / 2 }),
  pyCancelled: (i) => ({ tool: "count", args: { steps: 20, delay_ms: 1000 + i }, nominalMs: 0, cancels: true, isRight: isCancelled }),
  pyPlain: (i) => ({ tool: "quick", args: { text: `quick-${i}` }, nominalMs: 0, isRight: said(`quick-${i}`) }),
  pyGreets: (i) => ({ tool: "greets", args: { who: `user-${i}` }, nominalMs: 0, isRight: said("Hello, yes!") }),
  // The Python SDK's.
  sdkCount: (i) => ({ ...kinds.pyCount(i), isRight: said(`counted to ${1 + (i % 3)}`) }),
  sdkToolError: (i) => ({ tool: "tool_error", args: { reason: `ink-${i}` }, nominalMs: 0, isRight: is("tool_error", ({ result }) => said(`ink-${i}`)({ value: result })) }),
  sdkFailure: (i) => ({ tool: "reports_failure", args: { reason: `fire-${i}` }, nominalMs: 0, isRight: is("task_failed") }),
  sdkCancelled: (i) => ({ tool: "count", args: { steps: 20, delay_ms: 1000 + i }, nominalMs: 0, cancels: true, isRight: isCancelled }),
  sdkGreets: (i) => ({ tool: "greets", args: { who: `user-${i}` }, nominalMs: 0, isRight: said("Hello, yes!") }),
  // The reference server of the TypeScript SDK.
  research: (i) => ({ tool: "simulate-research-query", args: { topic: `topic-${i}` }, nominalMs: 4000, isRight: said(`topic-${i}`) }),
  echo: (i) => ({ tool: "echo", args: { message: `echo-${i}` }, nominalMs: 0, isRight: said(`echo-${i}`) }),
};

/** Identifies a call at the proxy. A further round of the same call is another key: it is not executed twice. */
export function keyOf({ params: { name, arguments: args = {}, inputResponses, requestState } }) {
  const round = inputResponses === undefined && requestState === undefined ? "" : " round";
  return `${name} ${JSON.stringify(args)}${round}`;
}

/** The handler `onElicitation`. It leaves some questions to `respond()`. */
export const answerQuestion = (params) => (params.message.includes("by-hand-") ? undefined : answerForm(params));

/** Accepts a form: with the word, the boolean or the value that it asks for. */
export function answerForm({ requestedSchema }) {
  const content = Object.fromEntries(Object.entries(requestedSchema?.properties ?? {}).map(([name, { type }]) => [name, type === "boolean" ? true : "yes"]));
  return { action: "accept", content };
}
