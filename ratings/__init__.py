"""What is remembered: performance, evaluation, complaint, archive, credit, sanction, eligibility, insight."""
