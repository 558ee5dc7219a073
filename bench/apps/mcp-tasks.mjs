import { Client } from "mcp-tasks";

export async function main(url, options) {
  return await new Client(url, options).callTool("hello");
}
