"""How many at once may let one process compute something large for them; whoever comes beyond is asked to wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from werkzeug.exceptions import TooManyRequests


class Turnstile:
    """At most so many inside at the same time, whoever they are: strangers have no account to be counted by.

    Raises `TooManyRequests`, which says after how many seconds to come again.
    """

    def __init__(self, most: int, *, seconds: int) -> None:
        self.seconds = seconds
        self._places = BoundedSemaphore(most)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Keeps a place as long as the block lasts."""
        if not self._places.acquire(blocking=False):
            raise TooManyRequests(retry_after=self.seconds)
        try:
            yield
        finally:
            self._places.release()
