"""``eudigraph``, or ``python -m eudigraph``: the command line."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, which may be interrupted before it is there."""
    try:
        from eudigraph.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("eudigraph: interrupted; nothing was changed\n")
        _leave(130)
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else 0)


def _leave(status: int) -> NoReturn:
    """End, without waiting for a query that was given up."""
    if "eudigraph.engine.watchdog" in sys.modules:
        from eudigraph.engine.watchdog import leave

        leave(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
