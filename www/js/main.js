// The entry of the page. It starts the dashboard in a tab of its own only: a page that frames it could lay its own buttons over
// "Connect" and "Start". Where headers can be sent, the browser refuses the frame before (docs/guides/dashboard.md).
import { h } from "./dom.js";

if (window.top === window) await import("./app.js");
else {
  document.body.replaceChildren(h("main", { class: "framed" },
    h("h1", {}, "mcp-tasks"),
    h("p", { role: "alert", "data-testid": "framed" },
      "The dashboard is shown inside another page. That page could make you click what you do not see, so the dashboard connects to no server here."),
    h("p", {}, "Open it in a tab of its own: ", h("code", {}, location.origin + location.pathname))));
}
