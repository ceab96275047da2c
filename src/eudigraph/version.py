"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("eudigraph")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0+unknown"
