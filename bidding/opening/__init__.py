"""Opening: two of three holders bring their keys, so that no single office can open an offer."""
