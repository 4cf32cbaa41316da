"""准入: composes everything into one standing (M28, M30)."""
