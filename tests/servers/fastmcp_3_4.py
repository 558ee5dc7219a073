"""A FastMCP 3.4 server for the tests: tasks on Docket, in memory. Started by start.mjs.

    python fastmcp_3_4.py [--port 0] [--stateless]

With ``--stateless`` there is no session: GET answers 405 and no notification is ever sent.
"""

import asyncio
import os
from datetime import timedelta

# Read when fastmcp is imported.
os.environ.setdefault("FASTMCP_DOCKET_URL", "memory://")

from fastmcp import Context, FastMCP
from fastmcp.server.tasks import TaskConfig

from fastmcp_tools import add_tools
from serving import options, serve

POLL = timedelta(milliseconds=200)
OPTIONAL = TaskConfig(mode="optional", poll_interval=POLL)
REQUIRED = TaskConfig(mode="required", poll_interval=POLL)

mcp = FastMCP("mcp-tasks-fastmcp-3.4")

add_tools(mcp, OPTIONAL, REQUIRED)


@mcp.tool(task=OPTIONAL)
async def greets(ctx: Context, who: str = "somebody") -> str:
    """Asks for a name, then greets."""
    answer = await ctx.elicit(f"What is the name of {who}?", response_type=str)
    return f"Hello, {answer.data}!" if answer.action == "accept" else f"no name: {answer.action}"


@mcp.tool(task=OPTIONAL)
async def asks_twice(ctx: Context) -> str:
    """Asks for two things, one after the other."""
    first = await ctx.elicit("first name?", response_type=str)
    last = await ctx.elicit("last name?", response_type=str)
    return f"{first.data} {last.data}"


@mcp.tool
async def reports(ctx: Context) -> str:
    """Tells of its progress, and something else."""
    await ctx.report_progress(1, 2, "half")
    await ctx.info("listen")
    await ctx.report_progress(2, 2, "all")
    return "done"


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
    # The pages of the tests have another origin, which FastMCP's guard for localhost would refuse.
    serve(mcp.http_app(stateless_http=chosen.stateless, host_origin_protection=False), chosen.port)
