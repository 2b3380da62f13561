# SPDX-License-Identifier: ISC
"""script/release makes the same from the same commit, which takes minutes.

Not collected, run by script/long.  test_release.py looks at what one release
is made of.
"""
import hashlib

import pytest

from test_release import clone, pytestmark	# noqa: F401


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_made_again_it_is_the_same(clone):	# noqa: F811
	clone.sign_with(clone.key)
	digests = set()
	for _ in range(2):
		clone.release()
		tarball, = clone.out.glob("sluice-*.tar.xz")
		digests.add(hashlib.sha256(tarball.read_bytes()).hexdigest())
		tarball.unlink()
	assert len(digests) == 1
