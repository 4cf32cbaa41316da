"""采购公告: review, publication, amendment, withdrawal; attempts with their secrets (M14, M22)."""
