"""The house: everything that would be the same in another market. It knows no chapter of the story."""
