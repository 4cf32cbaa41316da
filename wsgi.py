"""The application, for a server and for `flask`."""

import gc

from app.factory import create_app
from app.settings import Settings
from story import STORY

application = create_app(Settings.from_env(), story=STORY)

# What stands from here on stands to the end: the collector need not look through all of it again and again.
gc.collect()
gc.freeze()
