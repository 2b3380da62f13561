# SPDX-License-Identifier: ISC
"""kill -9 and start, a hundred times at moments that nobody chose, under load
with limits in force.

As long_storms.py: not collected, run by script/long.  test_state.py has the
short form.
"""
import pytest

import wire
from long_storms import SEED
from test_state import crashes

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600 * wire.SLOW)]


@pytest.mark.alone("each lease waits for the disk")
@pytest.mark.parametrize("strict", [False, True])
def test_a_hundred_crashes(lab, strict):
	"""The origin sees no window over budget, and nine tenths of it used."""
	assert crashes(lab, 100, strict, f"{SEED} crashes {strict}") >= 0.9
