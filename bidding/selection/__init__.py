"""Selection: the freeze, the opening, the draw, the prices and the merit that decide who is chosen."""
