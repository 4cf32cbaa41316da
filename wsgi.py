"""The application, for a server and for `flask`."""

from app.factory import create_app
from app.settings import Settings
from story import STORY

application = create_app(Settings.from_env(), story=STORY)
