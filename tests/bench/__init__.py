"""Measurements: `./market bench [ids]` prints the table and writes docs/bench.md; never run by `./market test`."""
