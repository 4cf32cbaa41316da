"""项目: what a project needs together, and in which stage: bundles of items and the map of five types (M05, M20)."""
