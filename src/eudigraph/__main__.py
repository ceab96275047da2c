"""``python -m eudigraph``: the command line."""

from eudigraph.cli import main

if __name__ == "__main__":
    main()
