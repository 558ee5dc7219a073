// Why a page gets no answer, in words. A browser says "Failed to fetch" whatever the reason; which of a server's CORS headers
// is missing can be found out by asking again, with less and less.

import { words } from "./transport.js";
import { NEEDED_BY_PAGES } from "./types.js";
import { checkFunction, checkObject, checkString, isURL, read } from "./validation.js";

/** How long one probe may take, in milliseconds. */
const LONGEST_MS = 5_000;

/** How long a finding is reused, in milliseconds. After that the server may have been repaired. */
const HOLDS_MS = 10_000;

/** A header that a page may send to any origin without a preflight. */
const FREE = new Set(["accept", "accept-language", "content-language"]);

/** Options of {@link diagnosing}. */
export interface DiagnosingOptions {
  /** Sends the requests. @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Called with a finding that no error can tell: a header of an answer that the page may not read. @default console.warn */
  tell?: (words: string) => void;
}

/**
 * A `fetch` for `ClientOptions.fetch` whose failures say why: which header the server lacks (CORS), which directive the
 * page's policy (connect-src), or that nothing answers at that address. The words stand in `NetworkError`'s message.
 *
 * ```js
 * const client = new Client("https://example.org/mcp", { fetch: diagnosing() });
 * ```
 *
 * After a request that failed it sends a few GET requests to the same address, without your credentials, at most
 * once in ten seconds. Meant for development and for setting a server up; it does no harm elsewhere.
 * @throws TypeError an option is not a function
 */
export function diagnosing(options: DiagnosingOptions = {}): typeof fetch {
  const { fetch: own, tell = console.warn } = read("options", options, ["fetch", "tell"]);
  if (own !== undefined) checkFunction("options.fetch", own);
  checkFunction("options.tell", tell);
  const found = new Map<string, { words: Promise<string>; at: number }>();
  let isTold = false;
  return async (input, init) => {
    const ask = own ?? globalThis.fetch;
    const request = new Request(input, init);
    const { url } = request;
    try {
      const response = await ask(input, init);
      found.delete(url);
      const unread = isTold ? undefined : unreadable(request, response);
      if (unread) {
        isTold = true;
        tell(unread);
      }
      return response;
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      let finding = found.get(url);
      if (!finding || performance.now() - finding.at > HOLDS_MS) {
        finding = { words: diagnose(url, { ...init, ...(own && { fetch: own }) }), at: performance.now() };
        found.set(url, finding);
      }
      throw new TypeError(`${words(error)}: ${await finding.words}`, { cause: error });
    }
  };
}

/**
 * Why a request to this address gets no answer, in words. Sends a few GET requests with the headers' names, and never with
 * their values. Outside of a page it can only tell whether anything answers.
 * @param init what the request was made with; of it `headers` and `credentials` matter
 * @throws TypeError the address is not one
 */
export async function diagnose(url: string | URL, init: RequestInit & { fetch?: typeof fetch } = {}): Promise<string> {
  if (!isURL(url)) checkString("url", url);
  checkObject("init", init);
  const { location, navigator } = globalThis;
  const target = new URL(url, location?.href);
  if (navigator?.onLine === false) return "this device is offline";
  if (location?.protocol === "https:" && target.protocol === "http:" && !/^(localhost|127\.|\[::1\])/.test(target.hostname)) {
    return `a page of https: may not ask a server of http: (mixed content); give ${target.host} a certificate`;
  }
  const passes = async (more: RequestInit): Promise<boolean> => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), LONGEST_MS);
    try {
      await (init.fetch ?? globalThis.fetch)(target, { credentials: "omit", cache: "no-store", signal: abort.signal, ...more });
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      abort.abort(); // the head says it all: the body, which may be a stream without end, is not wanted
    }
  };

  const policy = violations();
  // Same-origin rules aside: does anything answer there?
  const isThere = await passes({ mode: "no-cors" });
  const directive = await policy();
  if (directive) return `this page's Content-Security-Policy forbids it: add ${target.origin} to its ${directive}`;
  if (!isThere) return `nothing answers at ${target.origin}: look at the address, the port and the certificate, and whether the server runs`;
  if (!location || location.origin === target.origin) return "the server does answer: the connection was broken off in the middle";

  const origin = location.origin;
  if (!(await passes({}))) {
    return `the server lacks the CORS header Access-Control-Allow-Origin: ${origin} (or *); every answer needs it, errors too`;
  }
  if (init.credentials === "include" && !(await passes({ credentials: "include" }))) {
    return `the server lacks the CORS header Access-Control-Allow-Credentials: true, or allows the origin * in place of ${origin}, which cookies rule out`;
  }
  const names = [...new Headers(init.headers).keys()].filter((name) => !FREE.has(name));
  const probe = (some: string[]): Promise<boolean> =>
    passes({ headers: Object.fromEntries(some.map((name) => [name, "probe"])) });
  if (await probe(names)) return "the server answers, and its CORS headers allow this request: the connection was broken off in the middle, or the answer to a POST lacks them";
  const allowed = await Promise.all(names.map((name) => probe([name])));
  const lacking = names.filter((_, i) => !allowed[i]);
  const lacks = `the server's CORS header Access-Control-Allow-Headers lacks ${(lacking.length > 0 ? lacking : names).join(", ")}`;
  // Where none may be sent, it may be for another reason.
  return lacking.length < names.length ? lacks : `${lacks}, or OPTIONS is not answered with 2xx: a guard that asks for authorization first looks the same`;
}

/** A header that the answer probably has and the page may not read. */
function unreadable(request: Request, response: Response): string | undefined {
  if (response.type !== "cors") return undefined;
  const { session, within, alone, challenge } = NEEDED_BY_PAGES;
  const what = "the server's CORS header Access-Control-Expose-Headers seems to lack";
  if (response.status === 401 && !response.headers.has(challenge)) return `${what} ${challenge}: it asks for authorization and the page cannot read which`;
  const { headers } = request;
  const outside = headers.has(within) && !headers.has(alone) && !headers.has(session);
  if (response.status === 400 && outside) return `${what} ${session}: it wants a session, whose name the page cannot read`;
  return undefined;
}

/** Which directive of the page's policy was violated meanwhile, if any. */
function violations(): () => Promise<string | undefined> {
  const { document } = globalThis;
  let directive: string | undefined;
  const listener = (event: SecurityPolicyViolationEvent): void => void (directive ??= event.effectiveDirective);
  document?.addEventListener("securitypolicyviolation", listener);
  return async () => {
    if (document) await new Promise((resolve) => setTimeout(resolve)); // the event comes after the failure
    document?.removeEventListener("securitypolicyviolation", listener);
    return directive;
  };
}
