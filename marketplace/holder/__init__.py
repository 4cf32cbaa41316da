"""Holder: the offices that open sealed offers together, each with a private key that it keeps off the server."""
