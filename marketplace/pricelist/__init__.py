"""明码标价与服务承诺: price entries and committed days with effect from a date (M09, M10)."""
