// The shared worker: one engine for all tabs that want the same.

import { onBroken } from "../guard.js";
import type { EngineClass, Load } from "../load.js";
import { CLOSE } from "../tell.js";
import { words } from "../transport.js";
import { Crowd } from "./crowd.js";
import { live, onDeath, ownLock, type Join, type Said, type Welcome } from "./messages.js";
import { Tab } from "./tab.js";

/** Serves every tab that connects. `end` ends the worker. */
export function serve(load: Load, end: () => void): (port: MessagePort) => void {
  const crowds = new Map<string, Crowd>();
  const lock = ownLock();
  const lives = live(lock);
  // Nothing in the module can be trusted any more. The tabs see that the worker is gone, and begin another.
  onBroken(end);

  return (port) => {
    let tab: Tab | undefined;
    let crowd: Crowd | undefined;
    const leave = (): void => {
      if (tab) crowd?.leave(tab);
      tab?.gone();
      tab = crowd = undefined;
    };
    let Engine: EngineClass | undefined;
    const greet = async (): Promise<void> => {
      try {
        Engine = await load();
        port.postMessage(["welcome", (await lives) ? lock : undefined] satisfies Welcome);
      } catch (error) {
        port.postMessage(["sorry", words(error)] satisfies Welcome);
      }
    };
    const methods: { [name: string]: (...args: never[]) => void } = {
      hello: () => void greet(),
      lives: (name: string | undefined) => onDeath(name, leave),
      join: (join: Join) => {
        tab = new Tab(port);
        crowd = crowds.get(join.key) ?? new Crowd(Engine!, join);
        crowds.set(join.key, crowd);
        crowd.join(tab);
      },
      headers: (...args: Parameters<Tab["answered"]>) => tab?.answered(...args),
      call: (...args: [number, number, string, string, number | undefined]) => tab && crowd?.call(tab, ...args),
      attach: (...args: [number, string]) => tab && crowd?.attach(tab, ...args),
      tell: (...args: [number, number, number]) => tab && crowd?.tell(tab, ...args),
      ask: (...args: [number, number, string | undefined]) => tab && crowd?.ask(tab, ...args),
      respond: (...args: [number, number, string | undefined, number, string]) => tab && crowd?.respond(tab, ...args),
      /** The page is left, where there are no locks to tell so. */
      leave,
      /** The client is closed. */
      close: () => {
        if (!crowd || crowd.tabs.size > 1) return leave();
        // The tab is asked for its headers once more: the server is told, too.
        for (const [key, other] of crowds) if (other === crowd) crowds.delete(key);
        crowd.close(CLOSE);
        crowd = undefined;
      },
    };
    port.onmessage = ({ data }: MessageEvent<Said>) => {
      const [method, ...args] = data;
      if (Object.hasOwn(methods, method)) methods[method]!(...(args as never[]));
    };
  };
}
