"""报名: an agency's promise, and never a word about rivals (M15)."""
