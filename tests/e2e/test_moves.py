# SPDX-License-Identifier: ISC
"""What long_moves.py does, for a moment."""
import pytest

import long_moves
import wire

pytestmark = pytest.mark.heavy


def test_hosts_that_move(lab):
	"""Between rules, parts and sharing: slots and queues stay right."""
	long_moves.moves(lab, 1.5 * wire.SLOW)


def test_what_is_seen_once(tlab):
	long_moves.soak(tlab, 2 * wire.SLOW, long_moves.GROWTH)
