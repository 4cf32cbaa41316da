"""异议: what agencies object to, the answer, and what a decision brings about by rule."""
