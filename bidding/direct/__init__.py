"""直接委托: offer and counter-offer, both logged, published as an announcement (M16)."""
