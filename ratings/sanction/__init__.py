"""惩戒: decided by two accounts, published, expiring by itself (M27, M29)."""
