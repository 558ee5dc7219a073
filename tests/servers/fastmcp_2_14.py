"""A FastMCP 2.14 server for the tests: tasks in dialect A, before they had a shape of their own. Started by start.mjs.

    python fastmcp_2_14.py [--port 0] [--stateless]

With ``--stateless`` there is no session: GET answers 405 and no notification is ever sent.
"""

import asyncio
import os

# Read when fastmcp is imported.
os.environ.setdefault("FASTMCP_DOCKET_URL", "memory://")

from fastmcp import FastMCP
from fastmcp.dependencies import Progress
from fastmcp.exceptions import ToolError
from fastmcp.server.tasks import TaskConfig

from serving import options, serve

OPTIONAL = TaskConfig(mode="optional")
REQUIRED = TaskConfig(mode="required")

mcp = FastMCP("mcp-tasks-fastmcp-2.14")

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


@mcp.tool(task=OPTIONAL)
async def halves(n: float) -> float:
    """A number alone, which the server has to wrap."""
    return n / 2


@mcp.tool(task=OPTIONAL)
async def letters(word: str) -> list[str]:
    """A list alone, likewise."""
    return list(word)


@mcp.tool
async def quick(text: str) -> str:
    """Answers at once, never as a task."""
    return text


@mcp.tool
async def was_cancelled() -> dict:
    """How many calls of long_sleep were started, and how many of these were stopped by a cancellation."""
    return dict(long_sleeps)


@mcp.prompt(task=OPTIONAL)
async def review(subject: str, depth: int = 1) -> str:
    """A prompt that takes a moment."""
    await asyncio.sleep(0.2)
    return f"Review {subject}, {depth} deep."


@mcp.prompt
async def remark(subject: str) -> str:
    """A prompt that is never a task."""
    return f"Remark on {subject}."


@mcp.resource("data://report", task=OPTIONAL, mime_type="text/markdown")
async def report() -> str:
    """A resource that takes a moment."""
    await asyncio.sleep(0.2)
    return "# Report"


@mcp.resource("data://item/{key}", task=OPTIONAL)
async def item(key: str) -> str:
    """A resource of a template."""
    return f"item {key}"


@mcp.resource("data://broken", task=OPTIONAL)
async def broken() -> str:
    """A resource that cannot be read."""
    raise ValueError("the shelf is empty")


if __name__ == "__main__":
    chosen = options("--stateless")
    serve(mcp.http_app(stateless_http=chosen.stateless), chosen.port)
