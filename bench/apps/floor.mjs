import { connect } from "../subjects/floor.mjs";

export async function main(url, { fetch }) {
  const client = await connect({ url, fetch });
  return client.plain("hello");
}
