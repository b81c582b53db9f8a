#!/usr/bin/python3
"""A job queue on one event loop (asyncio, aiohttp): the API of examples/jobs, small. See README.md.

    examples/aio/aio.py --port 8080
"""
import argparse
import asyncio
import contextlib
import dataclasses
import gc
import itertools
import os
import re
import signal
import sys
import time

import aiohttp
from aiohttp import web

PER_PAGE = 20
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}


def seconds(text):
    """'20ms' as 0.02."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(us|ms|s|m)", text)
    if not match:
        raise ValueError(f"'{text}' is no duration such as 20ms")
    return float(match[1]) * UNITS[match[2]]


def count(text):
    if not text.isdecimal():
        raise ValueError(f"'{text}' is no whole number")
    return int(text)


def flag(text):
    if text not in ("0", "1"):
        raise ValueError(f"'{text}' is neither 0 nor 1")
    return text == "1"


def thresholds(text):
    """'700,10,10'; None: the collector is off."""
    if text == "off":
        return None
    parts = [count(part) for part in text.split(",")]
    if len(parts) != 3:
        raise ValueError(f"'{text}' is neither off nor three numbers such as 700,10,10")
    return parts


KNOBS = {  # variable: (how it is read, default)
    "CONCURRENCY": (count, "0"), "TIMEOUT": (seconds, "60s"), "GC": (thresholds, "700,10,10"),
    "BLOCKING": (flag, "0"), "STORE": (seconds, "5ms"), "WORKERS": (count, "4"),
    "QUEUE": (count, "0"), "ROWS": (count, "5000"), "UPSTREAM": (str, ""),
    "COMPUTE": (seconds, "0ms"), "GARBAGE": (count, "0"),
}


def settings(environ):
    """All knobs; says everything that is wrong at once."""
    found, wrong = {}, []
    for name, (read, default) in KNOBS.items():
        try:
            found[name.lower()] = read(environ.get(name, default))
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        sys.exit("aio: " + "\naio: ".join(wrong))
    return found


@dataclasses.dataclass
class Job:
    id: int
    kind: str
    owner: str
    work: float
    state: str = "queued"

    def shown(self):
        return {"id": self.id, "kind": self.kind, "owner": self.owner, "state": self.state}


class Ring:
    """Things that refer to each other, so that only the collector frees them."""

    def __init__(self):
        self.itself = self


class Service:
    def __init__(self, knobs):
        self.knobs = knobs
        self.jobs, self.owners, self.ids = {}, {}, itertools.count(1)
        self.queue = asyncio.Queue()
        self.busy = 0
        self.places = asyncio.Semaphore(knobs["concurrency"]) if knobs["concurrency"] else None
        self.client = None
        for number in range(knobs["rows"]):
            self.add("seed", f"owner-{number % 100 + 1}", 0, "done")

    def add(self, kind, owner, work, state="queued"):
        job = Job(next(self.ids), kind, owner, work, state)
        self.jobs[job.id] = job
        self.owners.setdefault(owner, []).append(job)
        return job

    async def visit(self):
        """What stands for a database: time without CPU, on the loop's thread if BLOCKING."""
        async with self.places or contextlib.nullcontext():
            if self.knobs["blocking"]:
                time.sleep(self.knobs["store"])
            else:
                await asyncio.sleep(self.knobs["store"])
            if self.knobs["upstream"]:
                async with self.client.get(self.knobs["upstream"]) as reply:
                    await reply.read()

    def compute(self):
        """On the loop's thread, as a handler would: nobody else is served meanwhile."""
        end = time.thread_time() + self.knobs["compute"]
        while time.thread_time() < end:
            sum(range(200))
        for _ in range(self.knobs["garbage"]):
            Ring()

    # -- the API ------------------------------------------------------------------------------

    @web.middleware
    async def guard(self, request, handler):
        if request.path in ("/healthz", "/metrics"):
            return await handler(request)
        try:
            return await asyncio.wait_for(self.serve(request, handler), self.knobs["timeout"])
        except asyncio.TimeoutError:
            return error(504, "it took too long (TIMEOUT)")
        except aiohttp.ClientError as failure:
            return error(502, f"UPSTREAM: {failure}")

    async def serve(self, request, handler):
        self.compute()
        await self.visit()
        return await handler(request)

    async def create(self, request):
        try:
            body = await request.json()
            kind, owner = str(body["kind"]), str(body.get("owner", "anonymous"))
            work = seconds(str(body["work"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return error(400, 'a job is {"kind": "resize", "work": "20ms"}')
        if self.knobs["queue"] and self.queue.qsize() >= self.knobs["queue"]:
            return error(503, "the queue is full (QUEUE)")
        job = self.add(kind, owner, work)
        self.queue.put_nowait(job)
        return web.json_response({"id": job.id, "state": job.state}, status=202)

    async def show(self, request):
        job = self.jobs.get(int(request.match_info["id"]))
        return web.json_response(job.shown()) if job else error(404, "there is no such job")

    async def page(self, request):
        number = request.query.get("page", "1")
        if not number.isdecimal() or int(number) < 1:
            return error(400, "page: must be a whole number from 1")
        owner = request.query.get("owner")
        jobs = self.owners.get(owner, []) if owner else list(self.jobs.values())
        state = request.query.get("state")
        if state:
            jobs = [job for job in jobs if job.state == state]
        end = len(jobs) - (int(number) - 1) * PER_PAGE
        some = jobs[max(0, end - PER_PAGE):max(0, end)]
        return web.json_response({"page": int(number), "per_page": PER_PAGE, "total": len(jobs),
                                  "jobs": [job.shown() for job in reversed(some)]})

    async def stats(self, request):
        states = {}
        for job in self.jobs.values():
            states[job.state] = states.get(job.state, 0) + 1
        return web.json_response({
            "queue": {"length": self.queue.qsize(), "limit": self.knobs["queue"]},
            "workers": {"count": self.knobs["workers"], "busy": self.busy}, "jobs": states})

    async def metrics(self, request):
        collected = [generation["collections"] for generation in gc.get_stats()]
        lines = [f"aio_queue_length {self.queue.qsize()}", f"aio_workers_busy {self.busy}",
                 f"aio_jobs {len(self.jobs)}"]
        lines += [f'aio_gc_collections_total{{generation="{i}"}} {n}'
                  for i, n in enumerate(collected)]
        return web.Response(text="\n".join(lines) + "\n")

    # -- the work -----------------------------------------------------------------------------

    async def carry_out(self):
        while True:
            job = await self.queue.get()
            self.busy += 1
            job.state = "running"
            await asyncio.sleep(job.work)
            job.state = "done"
            self.busy -= 1

    async def run(self, app):
        async with aiohttp.ClientSession() as self.client:
            workers = [asyncio.create_task(self.carry_out())
                       for _ in range(self.knobs["workers"])]
            yield
            for worker in workers:
                worker.cancel()

    def app(self):
        app = web.Application(middlewares=[self.guard])
        app.cleanup_ctx.append(self.run)
        app.add_routes([web.post("/jobs", self.create), web.get("/jobs", self.page),
                        web.get(r"/jobs/{id:\d+}", self.show), web.get("/stats", self.stats),
                        web.get("/metrics", self.metrics),
                        web.get("/healthz", healthy)])
        return app


async def healthy(request):
    return web.json_response({"status": "ok"})


def error(status, text):
    return web.json_response({"error": text}, status=status)


async def main(port, knobs):
    service = Service(knobs)
    runner = web.AppRunner(service.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(f"aio: ready on http://127.0.0.1:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="a job queue on one event loop; see README.md")
    parser.add_argument("--port", type=int, default=8080, help="0: any that is free")
    options = parser.parse_args()
    chosen = settings(os.environ)
    if chosen["gc"]:
        gc.set_threshold(*chosen["gc"])
    else:
        gc.disable()
    try:
        asyncio.run(main(options.port, chosen))
    except OSError as failure:
        sys.exit(f"aio: {failure}")
