# SPDX-License-Identifier: ISC
"""Random traffic, for SLUICE_LONG seconds; as long_storms."""
import time

import pytest

import traffic
import wire
from long_storms import SECONDS, SEED, seed	# noqa: F401

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]


def test_traffic(tlab):
	place = traffic.Place(tlab, SEED)
	until = time.monotonic() + SECONDS
	while time.monotonic() < until:
		place.round(64)
	place.end()
