"""现行规则: every rule in force with its value, its basis and how far that was verified, without login (M06)."""
