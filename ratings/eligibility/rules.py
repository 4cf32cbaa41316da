"""How grade, sanctions, qualifications and open duties become one standing."""
