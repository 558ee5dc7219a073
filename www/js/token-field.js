// The field of the Authorization header in the form that adds a server. A header belongs to the origin that stood in the URL field when
// it was entered: it is cleared as soon as the URL names another one.
import { byId } from "./dom.js";
import { httpUrl } from "./links.js";

/** `url` is the field of the server's URL. */
export function setUpTokenField(url) {
  const input = byId("authorization");
  const notice = byId("authorization-cleared");
  let origin; // the origin of the header; undefined while there is no header or no URL
  const originNow = () => httpUrl(url.value.trim())?.origin;

  function say(words) {
    notice.textContent = words;
    notice.hidden = words === "";
  }

  /** Gives whether there was a header. */
  function clear(words = "") {
    const had = input.value !== "";
    if (had || words === "") say(words);
    input.value = "";
    origin = undefined;
    return had;
  }

  /** Clears a header that was entered for another origin than the URL has now, and gives whether it did. */
  function check() {
    const now = originNow();
    return origin !== undefined && now !== undefined && now !== origin && clear("The URL names another server: the Authorization header was cleared.");
  }

  input.addEventListener("input", () => {
    say("");
    origin = input.value === "" ? undefined : originNow();
  });
  url.addEventListener("input", check);
  // A header that was entered before any URL belongs to the first one.
  url.addEventListener("change", () => { if (input.value !== "") origin ??= originNow(); });

  return {
    clear,
    get isEmpty() { return input.value === ""; },
    focus() { input.focus(); },
    /** A link has changed the URL. If the user is filling in the form, the next keys must not go into a field for another server. */
    changedByLink(isInUse) {
      const had = clear();
      if (!isInUse) return;
      say(`A link changed the server URL${had ? ": the Authorization header was cleared" : ""}.`);
      notice.focus();
    },
    /** The header for the current URL, which is removed from the page; undefined if it was entered for another origin. */
    take() {
      if (check()) return undefined;
      const header = input.value.trim();
      clear();
      return header;
    },
  };
}
