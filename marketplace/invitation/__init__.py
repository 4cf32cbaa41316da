"""Inviting the agencies of an existing register: the operator writes a letter, the agency itself joins with it."""
