"""Notices: an in-box, an outbox, channels and the record of delivery (M36)."""
