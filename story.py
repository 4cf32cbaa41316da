"""The market's table of contents: every chapter's stage, in the one order of the story."""

from app.stage import Stage

STORY: tuple[Stage, ...] = ()
