"""What is remembered, and what follows: performance, evaluation, complaint, credit, sanction, eligibility, insight."""
