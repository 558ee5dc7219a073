"""A FastMCP 3.4 server for the tests: tasks on Docket, in memory. Started by fastmcp.mjs.

    FASTMCP_DOCKET_URL=memory:// python fastmcp_3_4.py [--port 0] [--stateless]

Prints ``ready URL`` once it listens. With ``--stateless`` there is no session: GET answers 405 and no notification
is ever sent.
"""

import argparse
import asyncio
import os
import socket
from datetime import timedelta

# Read when fastmcp is imported.
os.environ.setdefault("FASTMCP_DOCKET_URL", "memory://")

import uvicorn
from fastmcp import FastMCP
from fastmcp.dependencies import Progress
from fastmcp.exceptions import ToolError
from fastmcp.server.tasks import TaskConfig
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

POLL = timedelta(milliseconds=200)
OPTIONAL = TaskConfig(mode="optional", poll_interval=POLL)
REQUIRED = TaskConfig(mode="required", poll_interval=POLL)

mcp = FastMCP("mcp-tasks-fastmcp-3.4")

# The worker runs in this process, so plain tools can tell what the tasks went through.
long_sleeps = {"started": 0, "cancelled": 0}


@mcp.tool(task=OPTIONAL)
async def count(steps: int = 5, delay_ms: int = 200, progress: Progress = Progress()) -> dict:
    """Counts step by step and says where it stands."""
    await progress.set_total(steps)
    for i in range(1, steps + 1):
        await progress.set_message(f"step {i} of {steps}")
        await progress.increment()
        await asyncio.sleep(delay_ms / 1000)
    return {"counted": steps}


@mcp.tool(task=OPTIONAL)
async def fails(reason: str = "the printer is on fire") -> str:
    """Works a moment, then raises."""
    await asyncio.sleep(0.2)
    raise ToolError(reason)


@mcp.tool(task=REQUIRED)
async def long_sleep(progress: Progress = Progress()) -> str:
    """Sleeps for ten minutes: for tests of cancelling."""
    long_sleeps["started"] += 1
    await progress.set_message("sleeping")
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        long_sleeps["cancelled"] += 1
        raise
    return "slept"


@mcp.tool
async def quick(text: str) -> str:
    """Answers at once, never as a task."""
    return text


@mcp.tool
async def was_cancelled() -> dict:
    """How many calls of long_sleep were started, and how many of these were stopped by a cancellation."""
    return dict(long_sleeps)


class Announcing(uvicorn.Server):
    """Says where it listens: the caller gave port 0."""

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        if self.started:
            print(f"ready http://127.0.0.1:{sockets[0].getsockname()[1]}/mcp", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--stateless", action="store_true")
    options = parser.parse_args()
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        allow_headers=["*", "authorization"],
        expose_headers=["mcp-session-id", "mcp-protocol-version", "www-authenticate", "retry-after"],
        max_age=600,
    )
    # The pages of the tests have another origin, which FastMCP's guard for localhost would refuse.
    app = mcp.http_app(middleware=[cors], stateless_http=options.stateless, host_origin_protection=False)
    listener = socket.create_server(("127.0.0.1", options.port))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    Announcing(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
