"""履约: the service clock, pauses, deliverables, lateness (M24)."""
