"""Outcomes that are kept between requests, the last used ones: several threads of a server share them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """At most so many outcomes by key; whoever holds one keeps it, also where it is dropped meanwhile."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._found: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: K) -> bool:
        return key in self._found

    def get(self, key: K) -> V | None:
        """What is kept under a key, None where nothing is; it is the last that goes."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: K, found: V) -> V:
        """Keep an outcome, and give it back."""
        self.put_all({key: found})
        return found

    def put_all(self, found: Mapping[K, V]) -> None:
        """Keep outcomes; the ones that were not used for longest go."""
        with self._lock:
            self._found.update(found)
            while len(self._found) > self.most:
                self._found.popitem(last=False)

    def among(self, is_wanted: Callable[[K], bool]) -> dict[K, V]:
        """What is kept under keys that are wanted: a copy, for others add and drop meanwhile."""
        with self._lock:
            return {key: found for key, found in self._found.items() if is_wanted(key)}

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._found.clear()
