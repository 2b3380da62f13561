# SPDX-License-Identifier: ISC
"""The functions of libsluice that a Throttle needs; see sluice_throttle(3)."""

import ctypes
import os

UNIT = 1_000_000            # a cost of 1
SECOND = 1_000_000_000      # ns
COST_MAX = 10**15
NEVER = 2**64 - 1

OK = 0
WAIT = 1


def _load():
    name = os.environ.get("SLUICE_LIBRARY", "libsluice.so.0")
    try:
        # None of these calls takes longer than passing the interpreter's
        # lock around would.
        return ctypes.PyDLL(name)
    except OSError as error:
        raise ImportError(
            f"libsluice is not there ({error}); install it, or name it in "
            "SLUICE_LIBRARY") from error


_library = _load()


def _function(name, result, *arguments):
    function = getattr(_library, "sluice_" + name)
    function.restype = result
    function.argtypes = arguments
    return function


_handle = ctypes.c_void_p
_u32 = ctypes.c_uint32
_u64 = ctypes.c_uint64
_int = ctypes.c_int

limits_new = _function("limits_new", _handle)
limits_free = _function("limits_free", None, _handle)
limits_rate = _function("limits_rate", _int, _handle, _u64, _u64, _u64,
                        ctypes.c_uint)
limits_concurrency = _function("limits_concurrency", None, _handle, _u32)
throttle_new = _function("throttle_new", _handle, _handle)
throttle_free = _function("throttle_free", None, _handle)
waiter_new = _function("waiter_new", _handle, _handle, _handle)
waiter_free = _function("waiter_free", None, _handle)
ask = _function("ask", _int, _handle, _u64, _u64)
start = _function("start", _u64, _handle, _u64, _u64)
next_admitted = _function("next", _handle, _handle, _u64)
wake = _function("wake", _u64, _handle, _u64)
leave = _function("leave", None, _handle, _u64)
give_back = _function("give_back", None, _handle, _u64)
pause = _function("pause", None, _handle, _u64, _u64)
admitted = _function("admitted", _u32, _handle)
_strerror = _function("strerror", ctypes.c_char_p, _int)


def strerror(result):
    """Returns a result's text."""
    return _strerror(result).decode()
