"""评价: one contract, one sheet per evaluator class; silence is recorded (M25)."""
