"""A FastMCP 2.14 server for the tests: tasks in dialect A, before they had a shape of their own. Started by start.mjs.

    python fastmcp_2_14.py [--port 0] [--stateless]

With ``--stateless`` there is no session: GET answers 405 and no notification is ever sent.
"""

import asyncio
import os

# Read when fastmcp is imported.
os.environ.setdefault("FASTMCP_DOCKET_URL", "memory://")

from fastmcp import FastMCP
from fastmcp.server.tasks import TaskConfig

from fastmcp_tools import add_tools
from serving import options, serve

OPTIONAL = TaskConfig(mode="optional")
REQUIRED = TaskConfig(mode="required")

mcp = FastMCP("mcp-tasks-fastmcp-2.14")

add_tools(mcp, OPTIONAL, REQUIRED)


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
