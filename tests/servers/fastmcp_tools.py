"""The tools that every FastMCP server of the tests has, whatever its version."""

import asyncio

from fastmcp.dependencies import Progress
from fastmcp.exceptions import ToolError


def add_tools(mcp, optional, required):
    """``optional`` and ``required`` say in the server's own version how a tool may, or has to, be a task."""
    # The worker runs in this process, so plain tools can tell what the tasks went through.
    long_sleeps = {"started": 0, "cancelled": 0}

    @mcp.tool(task=optional)
    async def count(steps: int = 5, delay_ms: int = 200, progress: Progress = Progress()) -> dict:
        """Counts step by step and says where it stands."""
        await progress.set_total(steps)
        for i in range(1, steps + 1):
            await progress.set_message(f"step {i} of {steps}")
            await progress.increment()
            await asyncio.sleep(delay_ms / 1000)
        return {"counted": steps}

    @mcp.tool(task=optional)
    async def fails(reason: str = "the printer is on fire") -> str:
        """Works a moment, then raises."""
        await asyncio.sleep(0.2)
        raise ToolError(reason)

    @mcp.tool(task=required)
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

    @mcp.tool(task=optional)
    async def halves(n: float) -> float:
        """A number alone, which the server has to wrap."""
        return n / 2

    @mcp.tool(task=optional)
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
