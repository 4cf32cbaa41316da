"""Who is chosen, and how: registration, offer, direct commission, auction, opening, selection, judging, award, contract."""
