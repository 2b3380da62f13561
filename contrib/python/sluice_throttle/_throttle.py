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


def _units(name, value, least):
    """A cost in millionths; at least so many."""
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} is {value}, expected 0 or more")
    units = round(value * _library.UNIT)
    if not least <= units <= _library.COST_MAX:
        raise ValueError(f"{name} is out of range: {value}")
    return units


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
        if concurrency != int(concurrency) or not 0 <= concurrency < 2**32:
            raise ValueError(f"concurrency is {concurrency}, expected a whole "
                             "number, 0 or more")
        if not math.isfinite(period) or not 1e-9 <= period <= 1e9:
            raise ValueError(f"period is {period}, expected seconds above 0")
        self._concurrency = int(concurrency)
        self._throttle = _make(_units("capacity", capacity, 1),
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
        if "_throttle" not in self.__dict__:
            return                          # it could not be made
        # Where it is part of a circle, coroutines in there may be closed
        # after this, and want to leave.
        self.__class__ = _Freed
        library.throttle_free(self._throttle)
        for waiter in self._waiters:
            library.waiter_free(waiter)

    def __repr__(self):
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
        leave(waiter, self._now())
        self._idle.append(waiter)
        if self._waiting:
            self._pump()

    async def _admit(self, units):
        """Returns a waiter that is admitted, for _end()."""
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
        if self._waiting or 0 < self._concurrency <= \
                _library.admitted(self._throttle):
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
        if not math.isfinite(td) or td < 0:
            raise ValueError(f"a pause of {td} seconds")
        now = self._now()
        _library.pause(self._throttle,
                       now + round(min(td, 1e9) * _library.SECOND), now)
        self._arm(now)


class _Freed(Throttle):
    """What is left of one whose handles are gone."""

    def __del__(self):
        pass

    def __repr__(self):
        return "<Throttle: freed>"

    def _end(self, waiter, leave):
        pass

    async def _admit(self, units):
        raise RuntimeError("the throttle was freed")

    def locked(self):
        return True

    def pause(self, td):
        pass


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
