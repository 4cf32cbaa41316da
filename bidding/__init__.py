"""Who is chosen, and how: registration, offer, direct commission, opening, selection, award, contract."""
