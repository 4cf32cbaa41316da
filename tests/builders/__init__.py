"""Worlds for tests, made through the same services that people use; one file a chapter."""
