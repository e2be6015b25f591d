"""`python -m gclog`: the command, if its folder is not on the path."""

from __future__ import annotations

from gclog.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
