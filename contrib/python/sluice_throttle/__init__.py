# SPDX-License-Identifier: ISC
"""A semaphore mixed with a token bucket, for asyncio, on libsluice."""

from ._throttle import Throttle

__all__ = ["Throttle"]
