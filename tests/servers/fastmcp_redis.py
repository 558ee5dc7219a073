"""A FastMCP 3.4 server whose tasks live in Redis: the web process, and the module that worker processes load.

    FASTMCP_DOCKET_URL=redis://127.0.0.1:6379/0 python fastmcp_redis.py --port 8000
    FASTMCP_DOCKET_URL=redis://127.0.0.1:6379/0 fastmcp tasks worker fastmcp_redis.py

``WORK_LOG`` names a file that is told which process begins and ends what.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

# `fastmcp tasks worker` loads this file from anywhere.
sys.path.insert(0, str(Path(__file__).parent))

from fastmcp import FastMCP
from fastmcp.dependencies import Progress
from fastmcp.server.tasks import TaskConfig

from serving import options, serve

mcp = FastMCP("mcp-tasks-redis")


def note(*words):
    """One line, whole: several processes append."""
    if path := os.environ.get("WORK_LOG"):
        with open(path, "a") as log:
            log.write(" ".join(map(str, words)) + "\n")


@mcp.tool(task=TaskConfig(mode="required", poll_interval=timedelta(milliseconds=250)))
async def render(scene: int, steps: int = 10, delay_ms: int = 100, progress: Progress = Progress()) -> dict:
    """Works step by step; may be begun again by another process, and must not mind."""
    note("begin", scene, os.getpid())
    await progress.set_total(steps)
    for step in range(1, steps + 1):
        await progress.set_message(f"step {step} of {steps}")
        await progress.increment()
        await asyncio.sleep(delay_ms / 1000)
    note("end", scene, os.getpid())
    return {"scene": scene, "by": os.getpid()}


if __name__ == "__main__":
    chosen = options()
    # The pages of the tests have another origin, which FastMCP's guard for localhost would refuse.
    serve(mcp.http_app(host_origin_protection=False), chosen.port)
