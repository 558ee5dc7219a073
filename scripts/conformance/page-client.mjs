// The program that the official suite runs as the client under test where that is a page: it hands the work to page.mjs,
// which has the browser open, and ends as the page's program did.
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context, MCP_TASKS_CONFORMANCE_PAGE: page } = process.env;
const body = JSON.stringify({ scenario, url: process.argv.at(-1), context: context && JSON.parse(context) });
const response = await fetch(page, { method: "POST", body, signal: AbortSignal.timeout(25_000) });
if (!response.ok) {
  console.error(await response.text());
  process.exitCode = 1;
}
