"""采购需求: what, how much, from which funds, by which method (M14, M16, M55)."""
