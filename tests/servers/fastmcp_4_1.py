"""A FastMCP 4.1 server for the tests: tasks as an extension of the 2026-07-28 revision, on Docket, in memory. Started by start.mjs.

    python fastmcp_4_1.py [--port 0]

The same address answers the handshake of 2025-11-25, without tasks: optional tools run synchronously there.
"""

import asyncio
import os
from datetime import timedelta

# Read when fastmcp is imported.
os.environ.setdefault("FASTMCP_DOCKET_URL", "memory://")

from fastmcp import Context, FastMCP
from fastmcp.server.middleware import Middleware
from fastmcp.tools.base import InputRequiredToolResult
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from fastmcp_tools import add_tools
from serving import options, serve

POLL = timedelta(milliseconds=200)
OPTIONAL = TaskConfig(mode="optional", poll_interval=POLL)
REQUIRED = TaskConfig(mode="required", poll_interval=POLL)

mcp = FastMCP("mcp-tasks-fastmcp-4.1")
mcp.add_extension(TasksExtension())

add_tools(mcp, OPTIONAL, REQUIRED)


def question(message):
    form = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=form))


def asks(state=None, **messages):
    """What a tool returns that has to know more; it is run again with the answers, and the state as it was."""
    return InputRequiredResult(input_requests={key: question(m) for key, m in messages.items()}, request_state=state)


def given(ctx, key):
    """The answer to a question of this very round, or None."""
    return (ctx.input_responses or {}).get(key)


def handshaken(ctx):
    """In the old era the server has to ask on the call's own stream."""
    return not ctx.is_background_task and ctx.request_context.protocol_version not in MODERN_PROTOCOL_VERSIONS


def greeting(answer, text):
    return f"Hello, {text}!" if answer.action == "accept" else f"no name: {answer.action}"


@mcp.tool(task=OPTIONAL)
async def breaks(reason: str = "the line is dead", code: int = -32050) -> str:
    """Works a moment, then raises an error of the protocol's: the task fails."""
    await asyncio.sleep(0.2)
    raise MCPError(code=code, message=reason, data={"line": 7})


@mcp.tool(task=OPTIONAL)
async def greets(ctx: Context, who: str = "somebody") -> str | InputRequiredResult:
    """Asks for a name, then greets."""
    message = f"What is the name of {who}?"
    if handshaken(ctx):
        answer = await ctx.elicit(message, response_type=str)
        return greeting(answer, getattr(answer, "data", None))
    answer = given(ctx, "name")
    return greeting(answer, (answer.content or {}).get("value")) if answer else asks(name=message)


@mcp.tool(task=OPTIONAL)
async def asks_twice(ctx: Context) -> str | InputRequiredResult:
    """Asks for two things, one after the other: the first answer travels as the state."""
    if handshaken(ctx):
        first = await ctx.elicit("first name?", response_type=str)
        last = await ctx.elicit("last name?", response_type=str)
        return f"{first.data} {last.data}"
    if answer := given(ctx, "last"):
        return f"{ctx.request_state} {answer.content['value']}"
    if answer := given(ctx, "first"):
        return asks(answer.content["value"], last="last name?")
    return asks(first="first name?")


@mcp.tool(task=OPTIONAL)
async def asks_both(ctx: Context) -> str | InputRequiredResult:
    """Asks for two things at once."""
    first, last = given(ctx, "first"), given(ctx, "last")
    if not (first and last):
        return asks(first="first name?", last="last name?")
    return f"{first.content['value']} {last.content['value']}"


@mcp.tool
async def asks_plainly(ctx: Context, who: str = "somebody") -> str | InputRequiredResult:
    """As greets, but never a task."""
    answer = given(ctx, "name")
    if not answer:
        return asks(f"state of {who}", name=f"What is the name of {who}?")
    return f"{greeting(answer, (answer.content or {}).get('value'))} ({ctx.request_state})"


@mcp.tool(task=OPTIONAL)
async def confirmed(ctx: Context, what: str = "it") -> str | InputRequiredResult:
    """Asks before it becomes a task (see ``AsksFirst``), and once more within it."""
    answer = given(ctx, "name")
    return f"{what}, {answer.content['value']}" if answer else asks(name="and your name?")


@mcp.tool
async def reports(ctx: Context) -> str:
    """Tells of its progress, and something else."""
    await ctx.report_progress(1, 2, "half")
    await ctx.info("listen")
    await ctx.report_progress(2, 2, "all")
    return "done"


@mcp.prompt
async def remark(subject: str) -> str:
    """A prompt; none is ever a task in this version."""
    return f"Remark on {subject}."


@mcp.resource("data://report", mime_type="text/markdown")
async def report() -> str:
    """A resource; none is ever a task in this version."""
    return "# Report"


class AsksFirst(Middleware):
    """Asks for leave before the tasks extension sees the call: input that is required of a call, not of a task."""

    async def on_call_tool(self, context, call_next):
        if context.message.name == "confirmed" and not given(context.fastmcp_context, "leave"):
            return InputRequiredToolResult(asks("asked", leave="really?"))
        return await call_next(context)


mcp.add_middleware(AsksFirst())

if __name__ == "__main__":
    # The pages of the tests have another origin, which FastMCP's guard for localhost would refuse.
    serve(mcp.http_app(host_origin_protection=False), options().port)
