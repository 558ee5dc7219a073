// Loaded before the suite (node --import): its servers would listen on every interface. Some of them ask for their port at
// once, and `listen` with a host looks that up first; so the address is put in where the socket is made.
import { Server } from "node:net";

const { _listen2: bind } = Server.prototype;
if (!bind) throw new Error("this Node has no net.Server.prototype._listen2: the suite's servers would be open to the network");
Server.prototype._listen2 = function (_address, port, _type, ...rest) {
  return bind.call(this, "127.0.0.1", port, 4, ...rest);
};
