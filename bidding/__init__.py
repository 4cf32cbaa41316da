"""Who is chosen, and how: registration, offer, direct commission, selection, award, contract."""
