# SPDX-License-Identifier: ISC
"""An event loop of asyncio whose clock goes on only while nobody has anything
to do, and then at once: no test that runs in it waits."""
import asyncio
import selectors


class Selector(selectors.DefaultSelector):
	def __init__(self):
		super().__init__()
		self.now = 0.0

	def select(self, timeout=None):
		"""Nothing comes from outside: waiting for ever is a fault."""
		ready = super().select(0)
		if not ready:
			assert timeout is not None, "all tasks wait for nothing"
			self.now += max(timeout, 0)
		return ready


class Loop(asyncio.SelectorEventLoop):
	def __init__(self):
		self.clock = Selector()
		super().__init__(self.clock)

	def time(self):
		return self.clock.now


async def end(tasks):
	for task in tasks:
		task.cancel()
	await asyncio.gather(*tasks, return_exceptions=True)


def run(main):
	"""As asyncio.run(), in such a loop."""
	loop = Loop()
	try:
		return loop.run_until_complete(main)
	finally:
		loop.run_until_complete(end(asyncio.all_tasks(loop)))
		loop.close()
