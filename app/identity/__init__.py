"""Accounts, organisations, roles, sign-in: who a person is and for whom he may act (M38, M40, M54)."""
