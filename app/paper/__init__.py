"""Documents on paper: typeset from plain data, sealed, kept once they are made (M21)."""
