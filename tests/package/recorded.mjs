// Notes what clients send, at the one place that everything goes through: their `fetch`. Workers load it too, so it needs
// nothing but the package.

/** The package, with a Client that tells `note` of each request before it is sent. */
export function recorded(mcp, note) {
  const Client = new Proxy(mcp.Client, {
    construct(target, [url, options, ...rest], newTarget) {
      const made = (own) => Reflect.construct(target, [url, own, ...rest], newTarget === Client ? target : newTarget);
      const given = options ?? {};
      // What is no options, or no fetch, the package has to refuse by itself.
      if (typeof given !== "object" || !["undefined", "function"].includes(typeof given.fetch)) return made(options);
      const send = given.fetch;
      return made({ ...given, fetch(address, init) {
        note(plain(address, init, url));
        // Looked up at each call, as the package does.
        return (send ?? globalThis.fetch)(address, init);
      } });
    },
  });
  return { ...mcp, Client };
}

/** One request as plain data, which can cross from a worker. `first`: it went to the client's own address. */
function plain(address, { method = "GET", headers, body }, url) {
  return { http: method, first: new URL(address).href === new URL(url).href, headers: Object.fromEntries(new Headers(headers)), body };
}

/** `{ note, all }`: what was noted, once each. Polls differ by nothing but their ids, and there are many. */
export function distinct() {
  const noted = new Map();
  const note = (request) => {
    const body = request.body?.replace(/"id":\d+/, '"id":0');
    noted.set(JSON.stringify([request.http, request.first, request.headers, body]), { ...request, body });
  };
  return { note, all: () => [...noted.values()] };
}
