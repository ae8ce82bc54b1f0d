"""`python -m tocsin`: the same door as `tocsin`."""

from __future__ import annotations

from tocsin.cli import run

if __name__ == "__main__":
    run()
