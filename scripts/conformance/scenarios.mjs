// The program of a user in each of the official client scenarios, with nothing but the package. Runs unchanged in Node
// and in a page: no import. The suite's server watches what comes over the wire; here only what a program can see is checked.

/** The client side of a scenario, by the suite's name for it. `context` is what the suite hands to the program. */
const programs = {
  async initialize({ client }) {
    await client().listTools();
  },
  async tools_call({ client }) {
    expectText(await client().callTool("add_numbers", { a: 5, b: 3 }), "The sum of 5 and 3 is 8");
  },
  /** SEP-1034: the form that an application shows starts with the defaults, and a user who changes nothing sends them. */
  async "elicitation-sep1034-client-defaults"({ client }) {
    const onElicitation = ({ requestedSchema }) => ({ action: "accept", content: defaults(requestedSchema) });
    const result = await client({ onElicitation }).callTool("test_client_elicitation_defaults");
    expect(/^Elicitation completed/.test(result.content[0].text), result.content[0].text);
  },
  async "sse-retry"({ client }) {
    expectText(await client().callTool("test_reconnection"), "Reconnection test completed successfully");
  },
  /** With every handler there is, so that every capability is declared, and judged. */
  async "request-metadata"({ client }) {
    const one = client({ onElicitation: () => ({ action: "cancel" }), onSampling: () => undefined, onListRoots: () => ({ roots: [] }) });
    await one.listTools();
    await one.callTool("anything", {});
  },
  async "sep-2322-client-request-state"({ client }) {
    const one = client({
      async onElicitation({ message }) {
        // While the question of one call is open, another call must carry nothing of it.
        if (!message.includes("no state")) expectText(await one.callTool("test_mrtr_unrelated"), "unrelated-ok");
        return { action: "accept", content: { confirmed: true } };
      },
    });
    expectText(await one.callTool("test_mrtr_echo_state"), "echo-state-ok");
    expectText(await one.callTool("test_mrtr_no_state"), "no-state-ok");
    expectText(await one.callTool("test_mrtr_no_result_type"), "no-result-type-test-ok");
  },
  async "http-standard-headers"({ client }) {
    const one = client();
    for (const { name } of await one.listTools()) expectText(await one.callTool(name), "Headers test completed");
    for (const { uri } of await one.listResources()) expectEmpty((await one.readResource(uri)).contents);
    for (const { name } of await one.listPrompts()) expectEmpty((await one.getPrompt(name)).messages);
  },
  async "http-custom-headers"({ client, context }) {
    const one = client();
    await one.listTools();
    expect(context?.toolCalls?.length > 0, "the suite names no calls");
    for (const call of context.toolCalls) expectText(await one.callTool(call.name, call.arguments), "Custom headers test completed");
  },
  /** Calls every tool that the client lists; a tool that must not be called must not be listed. */
  async "http-invalid-tool-headers"({ client }) {
    const one = client();
    for (const { name, inputSchema } of await one.listTools()) {
      const args = Object.fromEntries(Object.keys(inputSchema.properties).map((key) => [key, "x"]));
      expectText(await one.callTool(name, args), "Tool call received");
    }
  },
  async "json-schema-ref-no-deref"({ client }) {
    const [tool] = await client().listTools();
    expect(tool.inputSchema.properties.profile.$ref.startsWith("http"), "the schema is not as the server sent it");
  },
  async "json-schema-2020-12-preservation"({ client }) {
    const one = client();
    const tools = await one.listTools();
    const { inputSchema } = tools.find(({ name }) => name === "json_schema_2020_12_tool");
    expectText(await one.callTool("json_schema_echo", { schema: inputSchema }), "echoed");
  },
};

/** Runs the program of a scenario against the suite's server. `mcp` is the package. Rejects with what a user would see. */
export async function runScenario(mcp, { scenario, url, context }) {
  const program = programs[scenario];
  if (!program) throw new Error(`no program for the scenario ${scenario}`);
  const open = [];
  const client = (options) => {
    const one = new mcp.Client(url, options);
    open.push(one);
    return one;
  };
  try {
    await program({ client, context });
  } finally {
    for (const one of open) one.close();
  }
}

/** The content of a form that is filled with its defaults. */
function defaults({ properties }) {
  return Object.fromEntries(Object.entries(properties).filter(([, field]) => "default" in field).map(([key, field]) => [key, field.default]));
}

function expect(held, words) {
  if (!held) throw new Error(`not as expected: ${words}`);
}

function expectText(result, text) {
  expect(result.content[0]?.text === text, `${JSON.stringify(result)} where ${JSON.stringify(text)} was due`);
}

function expectEmpty(list) {
  expect(Array.isArray(list) && list.length === 0, JSON.stringify(list));
}
