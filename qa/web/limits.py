"""How often a visitor, and all visitors together, may ask: token buckets, bounded in memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from qa.settings import Settings
from qa.web.routes import Kind

VISITORS = 10_000  # remembered; who was not seen for longest goes first
READS_PER_ASK = 8  # type-ahead and feedback cost little
ALL_PER_VISITOR = 20  # messages of all visitors to those of one

Clock = Callable[[], float]


class Bucket:
    """Holds up to `most` and fills up again within `within_s`."""

    def __init__(self, most: int, within_s: float, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._per_s = most / within_s
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """0 when there is something to take, else the seconds until there will be."""
        return max(0.0, (1 - self._now(key)) / self._per_s)

    def take(self, key: str) -> None:
        self._held[key] = self._now(key) - 1, self._clock()
        self._held.move_to_end(key)
        while len(self._held) > VISITORS:
            self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)

    def _now(self, key: str) -> float:
        moment = self._clock()
        held, at = self._held.get(key, (float(self._most), moment))
        return min(self._most, held + (moment - at) * self._per_s)


class Limits:
    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        asks, everyone = settings.asks_per_minute, settings.asks_per_minute_in_all
        messages = settings.messages_per_hour
        self._buckets: dict[Kind, tuple[Bucket, Bucket]] = {
            "asks": (Bucket(asks, 60, clock), Bucket(everyone, 60, clock)),
            "reads": (
                Bucket(READS_PER_ASK * asks, 60, clock),
                Bucket(READS_PER_ASK * everyone, 60, clock),
            ),
            "messages": (
                Bucket(messages, 3600, clock),
                Bucket(ALL_PER_VISITOR * messages, 3600, clock),
            ),
        }

    def wait_s(self, kind: Kind, visitor: str) -> int:
        """Counts a request and gives 0, or gives the whole seconds until it would be counted."""
        one, everyone = self._buckets[kind]
        wait = max(one.wait_s(visitor), everyone.wait_s(""))
        if wait > 0:
            return math.ceil(wait)
        one.take(visitor)
        everyone.take("")
        return 0
