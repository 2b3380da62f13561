# SPDX-License-Identifier: ISC
"""Everything that long_control.py does, for a moment."""
import pytest

import long_control
import wire

pytestmark = pytest.mark.heavy


def test_all_at_once(lab):
	"""Load, reloads, orders and looks side by side, and then nothing."""
	house = long_control.House(lab)
	files = house.daemon.files()
	before = house.ways[0].get("/metrics").body
	assert all(long_control.storm_of(house, 1.5 * wire.SLOW).join())
	long_control.calm(house, files)
	long_control.rise(before, house.ways[0].get("/metrics").body)


def test_ends_in_the_middle(lab):
	house = long_control.House(lab)
	storm = long_control.storm_of(house, 30 * wire.SLOW)
	wire.wait_until(lambda: house.ways[0].get("/v1/status").json()[
	    "requests"] > 20)
	house.daemon.term()
	house.daemon.wait(30 * wire.SLOW)
	storm.over.set()
