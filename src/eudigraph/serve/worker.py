"""A worker of the server: ``python -m eudigraph.serve.worker`` answers a ``Pool`` as ``engine.process`` says."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from eudigraph.engine import process, store
from eudigraph.model.errors import StoreError
from eudigraph.model.workspace import open_workspace
from eudigraph.serve.pool import send_reply
from eudigraph.serve.replies import Refusal, problem
from eudigraph.serve.service import Service


def _ready(hello: dict[str, Any]) -> process.Answer:
    """Open what a hello names."""
    space = open_workspace(Path(hello["workspace"]) if hello["workspace"] else None)
    # Held by the service alone, so that it is closed once the graph has been read into memory.
    service = Service(store.open_built(Path(hello["folder"])), space, base=hello["base"], rows=hello["rows"])
    if service.graph.manifest.statements <= hello["in_memory"]:
        threading.Thread(target=_hold, args=(service,), daemon=True).start()
    return lambda request, send: _answer(service, request, send)


def _answer(service: Service, request: dict[str, Any], send: process.Send) -> None:
    try:
        reply = service.reply(request)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the engine's is no Exception
        traceback.print_exc()
        detail = "something failed here that should not; the log of the server has more"
        reply = problem(Refusal(500, detail), request.get("accept", ""))
    send_reply(reply, send)


def _hold(service: Service) -> None:
    """Read the graph into memory, and have it asked there from then on; until then, it is asked on disk."""
    try:
        service.graph = store.read_into_memory(service.graph)
    except StoreError as error:
        logging.getLogger(__name__).warning("the graph is asked on disk, and not held in memory: %s", error)


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # who asked is gone
        process.serve(_ready)
    os._exit(0)  # at once, also while the graph is being read
