"""服务事项清单: items with versions, categories, qualifications (M01-M03)."""
