"""业主注册: who needs something, from which funds; the one-working-day check (M53)."""
