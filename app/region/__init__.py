"""The tree of administrative divisions, the authorities in it, and who sees which branch."""
