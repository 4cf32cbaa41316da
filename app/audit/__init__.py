"""The record: entries, row hashes, sequencer, heads, receipts, and its outside check (protocol.md §3)."""
