# SPDX-License-Identifier: ISC
"""A throttle for asyncio.

A waiter of the library is in one of three places: among the idle ones; in
_waiting, with the future by which its task is told; or admitted, held by a task
or on its way to one.  A future is resolved in _pump() alone, which takes the
waiter out of _waiting; so a task that is cancelled sees from that whether it was
admitted in the meantime, and gives back what it cannot use.
"""

import asyncio
import collections
import math
import time

from . import _library

# No timer is set for less (s): loops see no finer.
_FINEST = 1e-6


def _check(name, value, least, most):
    """Raises ValueError where that is not a number from least to most."""
    try:
        fits = math.isfinite(value) and least <= value <= most
    except OverflowError:               # an integer that no float can hold
        fits = False
    if not fits:
        raise ValueError(f"{name} is out of range: {value}")


def _units(name, value, least):
    """A cost in millionths; what is not 0 is one at least."""
    _check(name, value, least, _library.COST_MAX / _library.UNIT)
    return round(value * _library.UNIT) or int(value > 0)


def _make(capacity, period, concurrency):
    limits = _library.limits_new()
    if not limits:
        raise MemoryError
    try:
        result = _library.limits_rate(limits, capacity, period, 0, 0)
        if result != _library.OK:
            raise ValueError(_library.strerror(result))
        _library.limits_concurrency(limits, concurrency)
        throttle = _library.throttle_new(limits)
    finally:
        _library.limits_free(limits)
    if not throttle:
        raise MemoryError
    return throttle


class Throttle:
    """A semaphore for `concurrency` jobs at a time (0: any number), and a
    token bucket of `capacity` per `period` seconds.

        throttle = Throttle(10, 2)
        async with throttle:        # one unit, and a slot
            ...
        async with throttle(5):     # as much as five of them
            ...
        throttle.pause(30)          # nothing for 30 seconds

    Who waits is served in order, and a costly one whose turn it is is not
    overtaken.  Who is cancelled has spent nothing.  A drop-in for
    asyncio.Semaphore; like that one not thread safe.
    """

    def __init__(self, capacity, concurrency=0, period=1.0):
        # whoever waits, or is in, counts on what there is
        if hasattr(self, "_throttle"):
            raise RuntimeError(f"{self!r} is made already")
        _check("concurrency", concurrency, 0, 2**32 - 1)
        if concurrency != int(concurrency):
            raise ValueError(f"concurrency is no whole number: {concurrency}")
        _check("period", period, 1e-9, 1e9)
        self._concurrency = int(concurrency)
        self._throttle = _make(_units("capacity", capacity, 1e-6),
                               round(period * _library.SECOND),
                               self._concurrency)
        self._waiters = []                  # all there are
        self._idle = []
        self._waiting = {}              # waiter: future
        self._held = collections.deque()    # of acquire(), not released
        self._loop = None               # in which it was last used
        self._timer = None
        self._timer_at = _library.NEVER     # ns

    def __del__(self, library=_library):
        throttle = getattr(self, "_throttle", None)
        if throttle is None:
            return                          # it could not be made
        # Where it is part of a circle, coroutines in there may be closed
        # after this, and want to leave: they see that it is gone.
        self._throttle = None
        library.throttle_free(throttle)
        for waiter in self._waiters:
            library.waiter_free(waiter)

    def __reduce__(self):
        """Two that have one's handles would both free them, and another
        process cannot have them at all.
        """
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled")

    def __repr__(self):
        if self._throttle is None:
            return f"<{type(self).__name__}: freed>"
        return (f"<{type(self).__name__}: "
                f"{_library.admitted(self._throttle)} admitted, "
                f"{len(self._waiting)} waiting>")

    # Time

    def _now(self):
        """ns of the loop's clock, so that loops may have clocks of their own.
        """
        if self._loop is None:
            try:
                self._loop = asyncio.get_running_loop()
            except RuntimeError:
                return time.monotonic_ns()
        return int(self._loop.time() * 1e9)

    def _enter(self):
        """Whoever waits does so in one loop."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            if self._waiting and not self._loop.is_closed():
                raise RuntimeError(f"{self!r} is used by another event loop")
            self._disarm()
            self._abandon()
            self._loop = loop
        return loop

    def _abandon(self):
        """Nobody will tell those who wait in a loop that was closed."""
        now = self._now()
        for waiter in self._waiting:
            _library.leave(waiter, now)
        self._waiting.clear()

    def _disarm(self):
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._timer_at = _library.NEVER

    def _arm(self, now):
        """Has _pump() called when the next one may go."""
        at = _library.NEVER
        if self._waiting:
            at = _library.wake(self._throttle, now)
        if at == self._timer_at:
            return
        self._disarm()
        if at != _library.NEVER and not self._loop.is_closed():
            self._timer = self._loop.call_later(
                max((at - now) / 1e9, _FINEST), self._due)
            self._timer_at = at

    def _due(self):
        self._timer = None
        self._timer_at = _library.NEVER
        if self._throttle is not None:
            self._pump()

    # Admission

    def _waiter(self):
        if self._idle:
            return self._idle.pop()
        waiter = _library.waiter_new(self._throttle, None)
        if not waiter:
            raise MemoryError
        self._waiters.append(waiter)
        return waiter

    def _pump(self):
        """Tells all who are admitted now."""
        now = self._now()
        while waiter := _library.next_admitted(self._throttle, now):
            future = self._waiting.pop(waiter)
            if future.done() or self._loop.is_closed():
                # cancelled, and its task does not know yet; or never will
                _library.give_back(waiter, now)
            else:
                future.set_result(None)
        self._arm(now)

    def _end(self, waiter, leave):
        """Leaves, and lets others go."""
        if self._throttle is None:
            return                          # its waiters are freed, too
        leave(waiter, self._now())
        self._idle.append(waiter)
        if self._waiting:
            self._pump()

    async def _admit(self, units):
        """Returns a waiter that is admitted, for _end()."""
        if self._throttle is None:
            raise RuntimeError("the throttle was freed")
        loop = self._enter()
        waiter = self._waiter()
        now = self._now()
        result = _library.ask(waiter, units, now)
        if result == _library.OK:
            return waiter
        if result != _library.WAIT:
            self._idle.append(waiter)
            raise MemoryError(_library.strerror(result))
        future = self._waiting[waiter] = loop.create_future()
        try:
            self._arm(now)
            await future
        except BaseException:
            self._waiting.pop(waiter, None)
            # what was paid, if it was admitted by now; else nothing
            self._end(waiter, _library.give_back)
            raise
        return waiter

    # What its users see

    async def acquire(self):
        """Takes one unit and a slot; waits until there are.  Returns True."""
        self._held.append(await self._admit(_library.UNIT))
        return True

    def release(self):
        """Gives a slot back."""
        if not self._held:
            raise ValueError("released more often than acquired")
        self._end(self._held.popleft(), _library.leave)

    def locked(self):
        """Returns whether acquire() would have to wait."""
        if self._throttle is None or self._waiting:
            return True
        if 0 < self._concurrency <= _library.admitted(self._throttle):
            return True
        now = self._now()
        waiter = self._waiter()
        self._idle.append(waiter)
        return _library.start(waiter, _library.UNIT, now) > now

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, *exc):
        self.release()

    def __call__(self, cost):
        """Returns what to enter for a job that costs so much."""
        return _Job(self, _units("cost", cost, 0))

    def pause(self, td):
        """Lets nobody go for so many seconds.  Never shortens an earlier
        pause.
        """
        _check("pause", td, 0, math.inf)
        if self._throttle is None:
            return
        now = self._now()
        _library.pause(self._throttle,
                       now + round(min(td, 1e9) * _library.SECOND), now)
        self._arm(now)


class _Job:
    """Something of a cost; several tasks may be in it."""

    def __init__(self, throttle, units):
        self._throttle = throttle
        self._units = units
        self._held = []

    async def __aenter__(self):
        self._held.append(await self._throttle._admit(self._units))

    async def __aexit__(self, *exc):
        self._throttle._end(self._held.pop(), _library.leave)
