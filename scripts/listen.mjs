/**
 * Opens an HTTP server on 127.0.0.1, at any free port or at this one: `{ url, port, close() }`. Rejects where the port cannot be had.
 * Closing waits for no connection that is kept alive.
 */
export async function listen(http, wanted = 0) {
  await new Promise((resolve, reject) => http.once("error", reject).listen(wanted, "127.0.0.1", resolve));
  const { port } = http.address();
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async close() {
      const ended = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await ended;
    },
  };
}
