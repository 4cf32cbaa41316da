"""Acts prepared for another hand: consent of a second role, a second account of the same organisation (M54)."""
