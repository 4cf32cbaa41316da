"""Offer: prices handed in, sealed until the opening."""
