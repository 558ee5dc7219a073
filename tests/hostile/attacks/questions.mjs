// H4 and M4: more input requests in one answer than any user could be asked.
import { limits } from "../limits.mjs";
import { form, newTask, stateless, text } from "../wire.mjs";

const ofCall = 20_000;
const ofTask = 100_000;
const asked = (count, request) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`question-${i}`, request]));
const unserved = { method: "x-unknown/method", params: {} };

/** A call that asks in answer to its first request, and is answered afterwards. */
const callAsks = ({ rpc }) => rpc.params.inputResponses
  ? { resultType: "complete", ...text("done") }
  : { resultType: "input_required", inputRequests: asked(ofCall, form), requestState: "state" };

/** A task that asks with every poll, for as long as it is held. */
const taskAsks = (request) => {
  const inputRequests = asked(ofTask, request);
  return {
    "tools/call": () => ({ resultType: "task", ...newTask("asking") }),
    "tasks/get": ({ isReleased }) => {
      return { resultType: "complete", ...(isReleased() ? newTask("asking", { status: "completed", result: text("done") }) : newTask("asking", { status: "input_required", inputRequests })) };
    },
  };
};

function checkAsked({ asked: times, fetches }, seen, assert) {
  assert.ok(times <= limits.openInputRequests.most, `onElicitation was called ${times} times`);
  assert.ok(fetches.most <= limits.responsesInFlight + 8, `${fetches.most} requests at once`);
}

function checkRefused(report, seen, assert) {
  checkAsked(report, seen, assert);
  assert.match(report.outcomes[0].message, limits.openInputRequests.words, "the error names the limit");
}

const ofCalls = {
  finding: "H4", era: stateless, drive: { calls: ["attack"] }, ends: ["protocol"], methods: { "tools/call": callAsks },
  check(report, seen, assert) {
    checkRefused(report, seen, assert);
    assert.equal(seen.requests["tools/call"], 1, "the call was not sent again");
  },
};
const ofTasks = { finding: "M4", era: stateless, drive: { calls: ["task"] }, begins: "tasks/get", ends: ["protocol"], waits: { polls: 3 }, check: checkRefused };

export const questions = {
  "call-with-questions-answered": {
    ...ofCalls, title: `${ofCall} input requests in answer to a call, the application answers each`, options: { elicitation: "answer" },
  },
  "call-with-questions-left-open": {
    ...ofCalls, title: `${ofCall} input requests in answer to a call, the application leaves them open`, options: { elicitation: "leave" },
  },
  "task-with-unserved-questions": {
    ...ofTasks, title: `${ofTask} input requests of an unknown method in each state of a task`, methods: taskAsks(unserved),
  },
  "task-with-served-questions": {
    ...ofTasks, title: `${ofTask} elicitations in each state of a task, the application leaves them open`, options: { elicitation: "leave" },
    methods: taskAsks(form),
  },
};
