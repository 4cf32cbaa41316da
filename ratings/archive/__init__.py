"""归档: everything of one procurement, sealed with a hash that the log tells; what comes later supplements it (M23)."""
