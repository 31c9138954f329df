"""Shows the page of a set on this machine alone, and writes what is said of its events to data/verdicts/<set>.csv.

    python -m stages.report.review gate

Only a browser on this machine can ask, only from the page itself, and only for what lies in report/<set>.
"""

import argparse
import asyncio
import socket
import sys

import pandas as pd
from aiohttp import web

from stages.common.running.errors import InputError
from stages.common.running.paths import SetPaths
from stages.common.tables.verdicts import COLUMNS, parsed, read_verdicts, standing, write_verdicts

PORT, LARGEST = 8321, 4 << 20
PATHS: web.AppKey[SetPaths] = web.AppKey("paths", SetPaths)
WRITING: web.AppKey[asyncio.Lock] = web.AppKey("writing", asyncio.Lock)


def application(name: str) -> web.Application:
    """
    Raises:
        InputError: the set has no page.
    """
    paths = SetPaths(name)
    if not (paths.report / "index.html").exists():
        raise InputError(f"{paths.report}/index.html: not found; run `dvc repro report@{name}` to make it")
    made = web.Application(middlewares=[own_page_alone], client_max_size=LARGEST)
    made[PATHS], made[WRITING] = paths, asyncio.Lock()
    made.add_routes([web.get("/", index), web.get("/verdicts", given), web.put("/verdicts", take)])
    # Files may be links into DVC's cache.
    made.router.add_static("/", paths.report, follow_symlinks=True)
    return made


@web.middleware
async def own_page_alone(request: web.Request, handler) -> web.StreamResponse:
    """Refuses who asks by another name than this machine's own, or from another page."""
    own = {f"{host}:{request.url.port}" for host in ("127.0.0.1", "localhost")}
    if request.host not in own:
        raise web.HTTPForbidden(text=f"asked for {request.host}, expected one of {sorted(own)}")
    asking, origin = request.headers.get("Sec-Fetch-Site", "none"), request.headers.get("Origin")
    if asking not in ("none", "same-origin") or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text="asked from another page")
    answer = await handler(request)
    answer.headers.update({"X-Frame-Options": "DENY", "Cache-Control": "no-cache"})
    return answer


async def index(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(request.app[PATHS].report / "index.html")


async def given(request: web.Request) -> web.Response:
    paths = request.app[PATHS]
    return web.Response(text=as_text(read_verdicts(paths.verdicts, paths.name)), content_type="text/csv")


async def take(request: web.Request) -> web.Response:
    """Adds the verdicts that are sent to the file, all or none."""
    if request.content_type != "text/csv" or not request.headers.get("Origin"):
        raise web.HTTPForbidden(text="expected text/csv from the page")
    paths, text = request.app[PATHS], await request.text()
    try:
        sent = parsed(text, paths.name, "what was sent")
        async with request.app[WRITING]:
            known = read_verdicts(paths.verdicts, paths.name)
            write_verdicts(paths.verdicts, standing(pd.concat([known, sent], ignore_index=True)))
    except InputError as error:
        raise web.HTTPBadRequest(text=str(error)) from None
    return web.Response(status=204)


def as_text(verdicts: pd.DataFrame) -> str:
    return verdicts[COLUMNS].to_csv(index=False, float_format="%.6g", lineterminator="\n")


def serve(name: str, port: int) -> None:
    """Until Ctrl-C; on any free port for 0."""
    made = application(name)
    with socket.create_server(("127.0.0.1", port)) as listening:
        page = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        print(f"{page} shows {name}; verdicts go to {SetPaths(name).verdicts}; Ctrl-C ends it", flush=True)
        web.run_app(made, sock=listening, print=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the set")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    try:
        serve(options.name, options.port)
    except InputError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"port {options.port}: {error.strerror}; take another: --port {options.port + 1}")
