"""A worker of the server: requests come in on standard input, and replies go to standard output.

``python -m eudigraph.serve.worker`` reads and writes as ``pool`` exchanges them, until there are no more.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from eudigraph.engine import process, store
from eudigraph.model.errors import EudigraphError, StoreError
from eudigraph.model.workspace import open_workspace
from eudigraph.serve.pool import pack, unpack
from eudigraph.serve.replies import Refusal, Reply, problem
from eudigraph.serve.service import Service

_GRACE = 5.0


def main() -> None:
    """Answer requests until there are no more."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not mix with the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of those typed at the terminal the server itself takes care
    process.restrict()
    hello = unpack(stdin.read)
    if hello is None:
        return
    try:
        space = open_workspace(Path(hello["workspace"]) if hello["workspace"] else None)
        # Held by the service alone, so that it is closed once the graph has been read into memory.
        service = Service(store.open_built(Path(hello["folder"])), space, base=hello["base"], rows=hello["rows"])
    except EudigraphError as error:
        _send(stdout, Reply(503, {}, str(error).encode()))
        return
    _send(stdout, Reply())
    if service.graph.manifest.statements <= hello["in_memory"]:
        threading.Thread(target=_hold, args=(service,), daemon=True).start()
    while (request := unpack(stdin.read)) is not None:
        process.alarm(request["seconds"] + _GRACE)
        try:
            reply = service.reply(request)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of the engine's is no Exception
            traceback.print_exc()
            detail = "something failed here that should not; the log of the server has more"
            reply = problem(Refusal(500, detail), request.get("accept", ""))
        process.alarm(0)
        _send(stdout, reply)
    os._exit(0)  # at once, also while the graph is being read: who asked is gone


def _hold(service: Service) -> None:
    """Read the graph into memory, and have it asked there from then on; until then, it is asked on disk."""
    try:
        service.graph = store.read_into_memory(service.graph)
    except StoreError as error:
        logging.getLogger(__name__).warning("the graph is asked on disk, and not held in memory: %s", error)


def _send(stdout: Any, reply: Reply) -> None:
    stdout.write(pack({"status": reply.status, "headers": reply.headers}, reply.body))
    stdout.flush()


if __name__ == "__main__":
    main()
