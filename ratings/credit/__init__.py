"""信用: the ledger of credit events; score and grade as of any date, line by line (M26, M30)."""
