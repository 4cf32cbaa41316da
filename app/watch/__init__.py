"""Time limits that are watched: warnings before, alarms after, assigned and closed with a reason; outages (M33)."""
