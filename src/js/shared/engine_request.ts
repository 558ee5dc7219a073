// The options of a tab, as it sends them to the worker.

import { words } from "../transport.js";
import { PLAIN_OPTIONS, type EngineRequest, type PlainOptions, type ToWorker } from "./messages.js";
import type { EngineOptions } from "#glue";

/** The engine that a tab needs. Tabs with different names share nothing. */
export function engineRequest(name: string, url: string, options: EngineOptions): EngineRequest {
  const given = Object.fromEntries(PLAIN_OPTIONS.map((option) => [option, options[option]]));
  // JSON drops members of the application's objects that cannot be cloned.
  const plain = JSON.parse(JSON.stringify(given)) as PlainOptions;
  const conditions = {
    hasHeaders: options.headers !== undefined,
    observesAll: options.onTaskStatus !== undefined,
    hasNotifications: options.onNotification !== undefined,
  };
  // These come from earlier clients: tabs share an engine although they differ.
  const { knownEra: _era, session: _session, ...compared } = plain;
  return { key: JSON.stringify([name, url, compared, conditions]), url, options: plain, ...conditions };
}

/** The tab's headers for one HTTP request. */
export async function headersReply(request: number, { headers }: EngineOptions): Promise<ToWorker> {
  try {
    const own = await (typeof headers === "function" ? headers() : headers);
    return { type: "headers", request, headers: Object.fromEntries(new Headers(own)) };
  } catch (error) {
    return { type: "headers-failed", request, reason: words(error) };
  }
}
