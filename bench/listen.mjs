/** The official SDK at its quickest, in both its generations: what the transport hands to the client. */
export async function listenBy(transport, onMessage) {
  transport.onmessage = ({ params }) => onMessage(params);
  await transport.start();
  // It opens the stream when the handshake is over.
  await transport.send({ jsonrpc: "2.0", method: "notifications/initialized" });
}
