"""What the Python test servers share: an ASGI app on a free port of 127.0.0.1, open to pages of another origin."""

import argparse
import socket

import uvicorn
from starlette.middleware.cors import CORSMiddleware


class Announcing(uvicorn.Server):
    """Says where it listens: the caller gave port 0."""

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        if self.started:
            print(f"ready http://127.0.0.1:{sockets[0].getsockname()[1]}/mcp", flush=True)


def options(*flags):
    """The command line: ``--port`` and the flags that are named here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


def serve(app, port):
    """Prints ``ready URL`` once it listens, and serves until it is ended."""
    open_app = CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        allow_headers=["*", "authorization"],
        expose_headers=["mcp-session-id", "mcp-protocol-version", "www-authenticate", "retry-after"],
        max_age=600,
    )
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(open_app, log_level="warning", timeout_graceful_shutdown=1)
    Announcing(config).run(sockets=[listener])
