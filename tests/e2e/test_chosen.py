# SPDX-License-Identifier: ISC
"""Which files run where."""
import pytest

import chosen

pytestmark = pytest.mark.plain("the daemon has no part in it")


def test_loops_are_watched():
	"""All that has four event loops the thread sanitizer has, too: .ci/run
	leaves them out elsewhere."""
	assert not set(chosen.LOOPS) & set(chosen.names(chosen.UNWATCHED) +
	    chosen.names(chosen.UNTHREADED))
