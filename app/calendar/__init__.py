"""A year's working days, published here by an act the day they are announced."""
