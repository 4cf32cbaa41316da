"""The demonstration clock: forward only, from one due instant to the next (M52)."""
