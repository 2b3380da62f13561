# SPDX-License-Identifier: ISC
"""A real terminal, as people have it: tmux, with a server of its own."""
import os
import re
import shutil
import subprocess

import pytest

import sluice
import wire


class Terminal:
	def __init__(self, directory, command, lines=24, columns=100, **env):
		self.tmux = shutil.which("tmux") or pytest.skip("no tmux")
		self.socket = str(directory / "tmux")
		env = {"PATH": os.environ["PATH"], "HOME": str(directory),
		    "LANG": "C.UTF-8", "TERM": "xterm-256color",
		    **sluice.measured(), **env}
		self.env = {name: str(value) for name, value in env.items()}
		self.call("-f", "/dev/null", "new-session", "-d", "-x",
		    columns, "-y", lines, *command)

	def call(self, *args):
		done = subprocess.run([self.tmux, "-S", self.socket,
		    *map(str, args)], env=self.env, capture_output=True,
		    timeout=wire.DEADLINE)
		assert done.returncode == 0, done.stderr
		return done.stdout.decode()

	def screen(self):
		return self.call("capture-pane", "-p")

	def type(self, text):
		self.call("send-keys", "-l", text)

	def key(self, *names):
		self.call("send-keys", *names)

	def resize(self, columns, lines):
		self.call("resize-window", "-x", columns, "-y", lines)

	def wait(self, pattern, flags=re.M, timeout=wire.DEADLINE):
		"""The screen, once it shows that."""
		found = []

		def shows():
			found[:] = [self.screen()]
			return re.search(pattern, found[0], flags)
		try:
			wire.wait_until(shows, timeout, step=0.05)
		except AssertionError:
			raise AssertionError(f"no {pattern!r} on\n{found[0]}")
		return found[0]

	def stop(self):
		subprocess.run([self.tmux, "-S", self.socket, "kill-server"],
		    env=self.env, capture_output=True)
