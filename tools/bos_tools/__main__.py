"""Run `python -m bos_tools`."""

from bos_tools.cli.main import entry

entry()
