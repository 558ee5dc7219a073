// The last step of `npm start`: serves the dashboard (www/) and the built package (dist/), beside the demo servers.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startDemo } from "../tests/servers/demo.mjs";
import { startShowcase } from "../tests/servers/showcase.mjs";
import { listen } from "./listen.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

// The page talks to any MCP server the user names (connect-src) and runs nothing but its own files. WebAssembly
// needs 'wasm-unsafe-eval', which allows no JavaScript eval.
const headers = {
  "content-security-policy": [
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "connect-src 'self' http: https:",
    "img-src 'self' data:", "media-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join("; "),
  // Refuse framing, also in browsers without frame-ancestors, and cut off a page that has opened this one: docs/guides/dashboard.md.
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache", // a rebuild shows on reload
};

const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ts": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

/** The file behind a request path, or undefined where the path leads out of the two folders. */
function fileFor(pathname) {
  let path;
  try { path = decodeURIComponent(pathname); } catch { return undefined; }
  // A "/" in front lets normalize() eat every ".."; so the rest cannot leave the folder. No file has a backslash or NUL in its name.
  if (/[\0\\]/.test(path)) return undefined;
  path = normalize(`/${path}`);
  if (path.endsWith(sep)) path += "index.html";
  return path.startsWith(`${sep}dist${sep}`) ? join(root, path) : join(root, "www", path);
}

async function answer(req, res, demoUrls) {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  if (req.method !== "GET" && req.method !== "HEAD") return plain(res, 405, "Only GET and HEAD.", { allow: "GET, HEAD" });
  const { pathname } = new URL(req.url, "http://x");
  if (pathname === "/demo.json") {
    res.writeHead(200, { "content-type": types[".json"] });
    return res.end(JSON.stringify({ urls: demoUrls }));
  }
  const file = fileFor(pathname);
  const found = file && await stat(file).catch(() => undefined);
  if (!found?.isFile()) return plain(res, 404, `Not found: ${pathname}`);
  res.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "content-length": found.size });
  if (req.method === "HEAD") return res.end();
  await pipeline(createReadStream(file), res);
}

function plain(res, status, text, more = {}) {
  res.writeHead(status, { "content-type": types[".txt"], ...more }).end(`${text}\n`);
}

/**
 * Starts the static server; `demo` is a running demo server or its URL, or a list of them, and stays the caller's to close: the
 * page connects to each without a click. Returns `{ url, port, close() }`.
 */
export async function serve({ port = 0, demo = [] } = {}) {
  const demoUrls = [demo].flat().map((one) => (typeof one === "string" ? one : one.url));
  const http = createServer((req, res) => {
    answer(req, res, demoUrls).catch(() => {
      // The browser went away in the middle, or the file did.
      if (res.headersSent) res.destroy(); else plain(res, 500, "The file could not be read.");
    });
  });
  return listen(http, port);
}

async function main() {
  const port = Number(process.env.PORT || 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`PORT must be a number from 0 to 65535, not "${process.env.PORT}". For example: PORT=8090 npm start`);
    process.exit(1);
  }
  const demos = await Promise.all([startDemo(), startShowcase()]);
  const close = () => Promise.all(demos.map((demo) => demo.close()));
  let site;
  try {
    site = await serve({ port, demo: demos });
  } catch (error) {
    await close();
    if (error.code === "EADDRINUSE") console.error(`Port ${port} is taken by another program. Choose another one: PORT=8090 npm start`);
    else if (error.code === "EACCES") console.error(`Port ${port} needs more rights. Choose one above 1023: PORT=8090 npm start`);
    else console.error(error);
    process.exit(1);
  }
  const [demo, showcase] = demos;
  console.log(`demo MCP server:     ${demo.url} (2025-11-25)`);
  console.log(`another of them:     ${showcase.url} (2026-07-28)`);
  console.log(`mcp-tasks dashboard: ${site.url}`);
  console.log("Ctrl-C stops all of them.");
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, async () => {
      if (stopping) process.exit(1); // asked twice: at once
      stopping = true;
      await Promise.all([site.close(), close()]);
    });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
