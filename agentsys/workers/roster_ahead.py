"""Work that runs ahead: while the database is busy with one batch, the next is being read."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import Full, Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")
_POLL_S = 0.2


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Ahead(Generic[Item]):
    """Iterates over a generator that runs in a thread of its own, a few items ahead.

    An exception in the generator is raised here; leaving the `with` block stops and closes it.
    """

    def __init__(self, source: Generator[Item, None, None], *, items: int = 2) -> None:
        """Take over the source; it starts when the `with` block begins."""
        self._source = source
        self._queue: Queue[Item | _End] = Queue(maxsize=items)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="roster-reader", daemon=True)

    def __enter__(self) -> Ahead[Item]:
        """Start reading."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading, wait until the source is closed."""
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Item]:
        """The items in order."""
        while not isinstance(item := self._queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._source:
                if not self._put(item):
                    break
        except BaseException as raised:
            error = raised
        finally:
            self._source.close()
        self._put(_End(error))

    def _put(self, item: Item | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except Full:
                continue
            return True
        return False
