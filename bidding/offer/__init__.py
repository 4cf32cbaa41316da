"""Offer: prices handed in, sealed until the opening or cast in the live auction."""
