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
        sys.exit(130)


if __name__ == "__main__":
    main()
