"""What is remembered, and what follows: performance, evaluation, credit, sanction, eligibility, insight."""
