// Loaded before server-everything (node --import): it would listen on every interface and not say where.
import { Server } from "node:http";

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  this.once("listening", () => console.log(`ready http://127.0.0.1:${this.address().port}/mcp`));
  return listen.call(this, Number(port), "127.0.0.1", ...rest);
};
