// The address of the demo server that `npm start` has running. In your own page this is a text: new Client("/mcp").
const { url, urls = [url] } = await (await fetch("/demo.json")).json();
if (!urls[0]) throw new Error("no demo server runs: npm start begins one");

export const server = urls[0];
