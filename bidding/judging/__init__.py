"""Judging: who scores proposals, without a tie to any of them, each alone until all are done."""
