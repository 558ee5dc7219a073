"""A server on the low-level half of the Python SDK 1.30, with its experimental tasks. Started by start.mjs.

    python mcp_1_30.py [--port 0] [--one-group]

With ``--one-group`` the task groups are the SDK's own, see ``Support``.
"""

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar

import mcp.types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import McpError
from mcp.server.experimental.task_support import TaskSupport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.routing import Route

from serving import options, serve

server = Server("mcp-tasks-sdk-1.30")


class Support(TaskSupport):
    """A task group for each session. The SDK's own is for all and is gone when any session ends (deviation 28): one
    test would break the next."""

    _own = ContextVar("own")

    @asynccontextmanager
    async def run(self):
        async with super().run():
            self._own.set(self._task_group)
            yield

    @property
    def task_group(self):
        return self._own.get()


def text(value, **more):
    return types.CallToolResult(content=[types.TextContent(type="text", text=value)], **more)


async def count(task, steps=3, delay_ms=200):
    for i in range(1, steps + 1):
        await task.update_status(f"step {i} of {steps}")
        await asyncio.sleep(delay_ms / 1000)
    return text(f"counted to {steps}", structuredContent={"counted": steps})


async def reports_failure(task, reason="the printer is on fire"):
    await task.fail(reason)


async def raises(task, reason="the ice broke"):
    await asyncio.sleep(0.1)
    raise RuntimeError(reason)


async def tool_error(task, reason="no more ink"):
    return text(reason, isError=True)


def form(field):
    return {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}


async def greets(task, who="somebody"):
    answer = await task.elicit(f"What is the name of {who}?", form("name"))
    return text(f"Hello, {answer.content['name']}!" if answer.action == "accept" else f"no name: {answer.action}")


async def asks_twice(task):
    first = await task.elicit("first name?", form("name"))
    last = await task.elicit("last name?", form("name"))
    return text(f"{first.content['name']} {last.content['name']}")


async def samples(task, question="How many?"):
    asked = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=question))
    answer = await task.create_message([asked], max_tokens=9, system_prompt="Be brief.")
    return text(f"{answer.model} says: {answer.content.text}")


async def elicits_by_url(task):
    answer = await task.elicit_url("Please sign in.", "https://example.org/sign-in", "sign-in-1")
    return text(f"signed in: {answer.action}")


async def elicits_as_task(task, who="somebody"):
    """The question becomes a task of the client's: asked within a task of ours, or within a plain call."""
    asker = task if hasattr(task, "elicit_as_task") else server.request_context.session.experimental
    answer = await asker.elicit_as_task(f"What is the name of {who}?", form("name"))
    return text(f"Hello, {answer.content['name']}!" if answer.action == "accept" else f"no name: {answer.action}")


async def samples_as_task(task, question="How many?"):
    asker = task if hasattr(task, "create_message_as_task") else server.request_context.session.experimental
    asked = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=question))
    answer = await asker.create_message_as_task([asked], max_tokens=9)
    return text(f"{answer.model} says: {answer.content.text}")


async def looks_after(task):
    """Does with a task of the client's whatever a requestor may, and tells what each came to."""
    session = server.request_context.session
    said = []

    async def ask(request, result):
        try:
            answer = await session.send_request(types.ServerRequest(request), result)
            said.append(answer.model_dump(by_alias=True, mode="json", exclude_none=True))
        except McpError as error:
            said.append({"code": error.error.code, "message": error.error.message})
        return said[-1]

    params = types.ElicitRequestFormParams(
        message="Wait for it", requestedSchema=form("name"), task=types.TaskMetadata(ttl=60_000))
    created = await ask(types.ElicitRequest(params=params), types.CreateTaskResult)
    task_id = created["task"]["taskId"]
    await ask(types.GetTaskRequest(params=types.GetTaskRequestParams(taskId=task_id)), types.GetTaskResult)
    await ask(types.ListTasksRequest(), types.ListTasksResult)
    await ask(types.CancelTaskRequest(params=types.CancelTaskRequestParams(taskId=task_id)), types.CancelTaskResult)
    await ask(types.CancelTaskRequest(params=types.CancelTaskRequestParams(taskId=task_id)), types.CancelTaskResult)
    result = types.GetTaskPayloadRequest(params=types.GetTaskPayloadRequestParams(taskId=task_id))
    await ask(result, types.ElicitResult)
    await ask(types.GetTaskRequest(params=types.GetTaskRequestParams(taskId="nobody's")), types.GetTaskResult)
    return text("looked", structuredContent={"said": said})


async def progresses(task):
    token, session = server.request_context.meta.progressToken, server.request_context.session
    for done, words in (1, "half"), (2, "all"):
        await asyncio.sleep(0.2)
        await session.send_progress_notification(token, done, 2, words)
    return text("done")


TASKS = {
    "count": ("optional", count),
    "reports_failure": ("optional", reports_failure),
    "raises": ("optional", raises),
    "tool_error": ("optional", tool_error),
    "greets": ("required", greets),
    "asks_twice": ("required", asks_twice),
    "samples": ("required", samples),
    "elicits_by_url": ("required", elicits_by_url),
    "elicits_as_task": ("optional", elicits_as_task),
    "samples_as_task": ("optional", samples_as_task),
    "looks_after": ("optional", looks_after),
    "progresses": ("required", progresses),
}


@server.list_tools()
async def list_tools():
    tools = [
        types.Tool(name=name, inputSchema={"type": "object"}, execution=types.ToolExecution(taskSupport=mode))
        for name, (mode, _) in TASKS.items()
    ]
    never = types.ToolExecution(taskSupport="forbidden")
    return [*tools, types.Tool(name="echo", inputSchema={"type": "object"}),
            types.Tool(name="never", inputSchema={"type": "object"}, execution=never)]


class NoTask:
    """What work gets that was called without a task."""

    async def update_status(self, message):
        pass


@server.call_tool()
async def call_tool(name, arguments):
    request = server.request_context.experimental
    if name in ("echo", "never"):
        request.validate_task_mode("forbidden")
        return text(arguments.get("text", name))
    if name not in TASKS:
        raise ValueError(f"Unknown tool: {name}")
    mode, work = TASKS[name]
    request.validate_task_mode(mode)
    if not request.is_task:
        return await work(NoTask(), **arguments)
    return await request.run_task(lambda task: work(task, **arguments))


class Endpoint:
    """A class, since Starlette takes a function for a view."""

    def __init__(self, sessions):
        self.sessions = sessions

    async def __call__(self, scope, receive, send):
        await self.sessions.handle_request(scope, receive, send)


def app(one_group):
    tasks = server.experimental
    if one_group:
        tasks.enable_tasks()
    else:
        tasks._task_support = Support.in_memory()
        tasks._register_default_task_handlers()
    sessions = StreamableHTTPSessionManager(app=server)
    return Starlette(routes=[Route("/mcp", endpoint=Endpoint(sessions))], lifespan=lambda _: sessions.run())


if __name__ == "__main__":
    chosen = options("--one-group")
    serve(app(chosen.one_group), chosen.port)
