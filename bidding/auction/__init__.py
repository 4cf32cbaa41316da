"""Auction: a running price that everybody sees, and nobody's name before the result."""
