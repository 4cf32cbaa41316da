"""市场分析: what the market as a whole did, in figures that add up; leads, never verdicts (M04, M34)."""
