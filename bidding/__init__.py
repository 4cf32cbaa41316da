"""Who is chosen, how: registration, offer, direct commission, auction, opening, selection, judging, award, contract."""
