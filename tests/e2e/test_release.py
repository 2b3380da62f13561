# SPDX-License-Identifier: ISC
"""script/release, in a clone, with a key that is thrown away."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tarfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.plain("it is about files, not about the daemon"),
    pytest.mark.skipif(not (TOP / ".git").exists() or
        not shutil.which("ssh-keygen") or not shutil.which("autoreconf"),
        reason="not a checkout, or no program that makes one")]


class Clone:
	"""Of what is committed, with a key beside it."""

	def __init__(self, directory):
		self.top = directory / "clone"
		self.key = directory / "key"
		self.out = self.top / "build/release"
		self.env = {**os.environ, "HOME": str(directory),
		    "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x.invalid",
		    "GIT_COMMITTER_NAME": "x",
		    "GIT_COMMITTER_EMAIL": "x@x.invalid",
		    # how small it is nobody looks at
		    "XZ_OPT": "-0"}
		# where this checkout is built, and how
		for name in "SLUICE_BUILD", "SLUICE_CONFIGURE":
			self.env.pop(name, None)
		self.run("git", "clone", "-q", "--no-local", "--depth", "1",
		    f"file://{TOP}", self.top, at=directory)
		self.make_key(self.key)

	def run(self, *args, at=None, status=0):
		done = subprocess.run([str(arg) for arg in args], text=True,
		    cwd=at or self.top, env=self.env, capture_output=True,
		    stdin=subprocess.DEVNULL)
		assert done.returncode == status, (args, done)
		return done.stdout + done.stderr

	def make_key(self, path):
		self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
		    path, at=path.parent)

	def commit(self, message):
		self.run("git", "add", "-A")
		self.run("git", "commit", "-qm", message)

	def release(self, key=None, **keys):
		return self.run("script/release", "--untried",
		    key or self.key, **keys)

	def sign_with(self, key):
		"""Whose signatures count from now on."""
		public = key.with_suffix(".pub").read_text()
		(self.top / "contrib/allowed_signers").write_text(
		    f"them@x.invalid {public}")
		self.commit("signers")

	def verify(self, status=0):
		"""As SECURITY.md says."""
		text = (TOP / "SECURITY.md").read_text()
		script = text.split("```sh\n")[1].split("```")[0]
		return self.run("sh", "-ec", script, at=self.out, status=status)


@pytest.fixture
def clone(tmp_path):
	return Clone(tmp_path)


def test_it_says_no(clone):
	"""And makes nothing, where the release would not be what is told."""
	left = clone.top / "left"
	left.write_text("x")
	assert "?? left" in clone.release(status=1)
	left.unlink()
	assert "no such key" in clone.release("/nonexistent", status=1)
	assert "usage" in clone.run("script/release", status=2)
	assert "usage" in clone.run("script/release", clone.key, "rmp",
	    status=2)
	changes = clone.top / "debian/changelog"
	changes.write_text(changes.read_text().replace("sluice (",
	    "sluice (9.", 1))
	clone.commit("another version")
	assert "debian/changelog is about 9." in clone.release(status=1)
	clone.run("git", "checkout", "-q", "HEAD^")
	version = changes.read_text().split("(")[1].split(")")[0]
	clone.run("git", "tag", f"v{version}", "HEAD@{1}")
	assert "is another commit" in clone.release(status=1)
	assert not clone.out.exists()


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_a_release(clone):
	"""What is signed is what was packed, and nothing else verifies."""
	clone.sign_with(clone.key)
	said = clone.release()
	assert "git tag -s v" in said
	tarball, = clone.out.glob("sluice-*.tar.xz")
	names = sorted(one.name for one in clone.out.iterdir())
	assert names == sorted(["SHA256SUMS", "SHA256SUMS.sig", tarball.name])
	listed = clone.run("tar", "-tf", tarball).splitlines()
	top = tarball.name[:-len(".tar.xz")]
	for name in "configure", "README.md", "doc/crawler.md", "script/site":
		assert f"{top}/{name}" in listed
	# nothing in it is of who made it, where or when
	assert listed == sorted(listed, key=lambda name: name.split("/"))
	when = int(clone.run("git", "log", "-1", "--format=%ct"))
	with tarfile.open(tarball) as tar:
		for one in tar:
			assert (one.mtime, one.uid, one.gid, one.uname,
			    one.gname) == (when, 0, 0, "", ""), one.name
	shutil.copy(clone.top / "contrib/allowed_signers", clone.out)
	assert f"{tarball.name}: OK" in clone.verify()

	# made again it is the same
	digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
	clone.release()
	assert hashlib.sha256(tarball.read_bytes()).hexdigest() == digest

	# a changed tarball, changed sums, and another's signature are none
	shutil.copy(clone.top / "contrib/allowed_signers", clone.out)
	with open(tarball, "ab") as out:
		out.write(b"x")
	assert "FAILED" in clone.verify(status=1)
	sums = clone.out / "SHA256SUMS"
	sums.write_text(sums.read_text().replace("sluice-", "sluice-x"))
	assert "verification failed" in clone.verify(status=255)
	other = clone.key.with_name("other")
	clone.make_key(other)
	assert "is not one of contrib/allowed_signers" in clone.release(other,
	    status=1)
	# which it says before it makes anything
	assert tarball.exists() and sums.exists()
