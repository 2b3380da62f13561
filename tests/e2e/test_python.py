# SPDX-License-Identifier: ISC
"""contrib/python does what its documentation says, on the library just built."""
import asyncio
import copy
import fractions
import gc
import multiprocessing
import os
import pathlib
import pickle
import random
import re
import subprocess
import sys
import weakref

import pytest

import sluice
import timeloop

BUILD = pathlib.Path(sluice.BINARY).resolve().parent
TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = TOP / "contrib/python"
LIBRARY = next(BUILD.glob("libsluice.so.*"), None)

pytestmark = [
    pytest.mark.plain("a Python that no sanitizer has seen cannot load a "
	"library that one has"),
    pytest.mark.skipif(LIBRARY is None,
	reason="no libsluice beside the program"),
]


@pytest.fixture(scope="module")
def Throttle():
	if sluice.sanitized():
		pytest.skip("a sanitizer's library")
	os.environ["SLUICE_LIBRARY"] = str(LIBRARY)
	sys.path.insert(0, str(PACKAGE))
	try:
		from sluice_throttle import Throttle
	finally:
		sys.path.remove(str(PACKAGE))
		del os.environ["SLUICE_LIBRARY"]
	return Throttle


def now():
	return asyncio.get_running_loop().time()


class Crowd:
	"""Jobs, with when they went and in which order."""

	def __init__(self):
		self.went = []
		self.at_once = self.most = 0
		self.tasks = []

	async def job(self, name, entry, takes=0.0):
		async with entry:
			self.went.append((name, now()))
			self.at_once += 1
			self.most = max(self.most, self.at_once)
			try:
				await asyncio.sleep(takes)
			finally:
				self.at_once -= 1

	def start(self, name, entry, takes=0.0):
		task = asyncio.ensure_future(self.job(name, entry, takes))
		self.tasks.append(task)
		return task

	async def all(self):
		return await asyncio.gather(*self.tasks,
		    return_exceptions=True)

	def names(self):
		return [name for name, _ in self.went]

	def times(self):
		return [at for _, at in self.went]


def virtual(test):
	"""A test in a loop whose time costs none."""
	def run(Throttle):
		timeloop.run(test(Throttle))
	run.__name__ = test.__name__
	run.__doc__ = test.__doc__
	return run


@virtual
async def test_capacity(Throttle):
	"""So many at once, then at the rate."""
	throttle, crowd = Throttle(4, period=2.0), Crowd()
	for i in range(8):
		crowd.start(i, throttle)
	await crowd.all()
	assert crowd.times() == pytest.approx([0] * 4 + [.5, 1, 1.5, 2],
	    abs=1e-5)
	assert crowd.names() == list(range(8))


@virtual
async def test_a_fraction(Throttle):
	"""One each two seconds."""
	throttle, crowd = Throttle(0.5), Crowd()
	for i in range(3):
		crowd.start(i, throttle)
	await crowd.all()
	assert crowd.times() == pytest.approx([0, 2, 4], abs=1e-5)


@virtual
async def test_concurrency(Throttle):
	"""Two at a time, however many the rate allows."""
	throttle, crowd = Throttle(1000, 2), Crowd()
	for i in range(10):
		crowd.start(i, throttle, takes=1)
	await crowd.all()
	assert crowd.most == 2
	assert crowd.names() == list(range(10))
	assert now() == pytest.approx(5)


@virtual
async def test_no_limit_of_concurrency(Throttle):
	throttle, crowd = Throttle(100), Crowd()
	for i in range(100):
		crowd.start(i, throttle, takes=1)
	await crowd.all()
	assert crowd.most == 100


@virtual
async def test_cost(Throttle):
	"""Five are as much as five requests; who costs much is not overtaken."""
	throttle, crowd = Throttle(6), Crowd()
	crowd.start("five", throttle(5))
	crowd.start("two", throttle(2))
	crowd.start("one", throttle)
	crowd.start("free", throttle(0))
	await crowd.all()
	assert crowd.names() == ["five", "two", "one", "free"]
	assert crowd.times() == pytest.approx([0, 1 / 6, 2 / 6, 2 / 6],
	    abs=1e-5)
	# more than there ever is waits until all is there
	crowd.start("ten", throttle(10))
	await crowd.all()
	assert crowd.times()[-1] == pytest.approx(2 / 6 + 1, abs=1e-5)


@virtual
async def test_pause(Throttle):
	"""Nobody for so long; then all that the limits allow."""
	throttle, crowd = Throttle(10), Crowd()
	throttle.pause(3)
	throttle.pause(1)		# shortens nothing
	assert throttle.locked()
	for i in range(10):
		crowd.start(i, throttle)
	await asyncio.sleep(2)
	assert not crowd.went
	await crowd.all()
	assert crowd.times() == pytest.approx([3] * 10, abs=1e-5)
	# and while somebody is there already
	async with throttle:
		throttle.pause(5)
	crowd.start(10, throttle)
	throttle.pause(0)
	await crowd.all()
	assert crowd.times()[-1] == pytest.approx(now(), abs=1e-5)
	assert now() >= 8


@virtual
async def test_semaphore(Throttle):
	"""What asyncio.Semaphore has."""
	throttle = Throttle(100, 2)
	assert not throttle.locked()
	assert await throttle.acquire() is True
	async with throttle as entered:
		assert entered is None and throttle.locked()
	assert not throttle.locked()
	throttle.release()
	with pytest.raises(ValueError):
		throttle.release()
	with pytest.raises(asyncio.TimeoutError):
		async with throttle, throttle:
			await asyncio.wait_for(throttle.acquire(), 1)
	assert not throttle.locked() and "0 admitted, 0 waiting" in \
	    repr(throttle)


@virtual
async def test_what_is_raised_inside(Throttle):
	"""gives the slot back, as any end."""
	throttle = Throttle(100, 1)
	for entry in throttle, throttle(2):
		with pytest.raises(KeyError):
			async with entry:
				raise KeyError
		assert not throttle.locked()


@virtual
async def test_cancelled_while_it_waits(Throttle):
	"""It has spent nothing, and holds up nobody."""
	throttle, crowd = Throttle(1), Crowd()
	crowd.start("first", throttle)
	costly = crowd.start("costly", throttle(50))
	crowd.start("next", throttle)
	await asyncio.sleep(0.5)
	costly.cancel()
	await crowd.all()
	assert crowd.names() == ["first", "next"]
	assert crowd.times() == pytest.approx([0, 1], abs=1e-5)


@virtual
async def test_cancelled_while_it_is_woken(Throttle):
	"""Slot and units come back: the next one has them at once."""
	throttle, crowd = Throttle(2, 1, period=1000), Crowd()
	await throttle.acquire()
	woken = crowd.start("woken", throttle)
	crowd.start("next", throttle)
	await asyncio.sleep(0)
	throttle.release()		# it is told, and has not run yet
	woken.cancel()
	await crowd.all()
	assert woken.cancelled()
	assert crowd.names() == ["next"] and now() < 1
	assert "0 admitted, 0 waiting" in repr(throttle)


@virtual
async def test_woken_after_it_was_cancelled(Throttle):
	"""The same the other way round."""
	throttle, crowd = Throttle(2, 1, period=1000), Crowd()
	await throttle.acquire()
	woken = crowd.start("woken", throttle)
	crowd.start("next", throttle)
	await asyncio.sleep(0)
	woken.cancel()			# its future is, its task has not run
	throttle.release()
	await crowd.all()
	assert crowd.names() == ["next"] and now() < 1
	assert "0 admitted, 0 waiting" in repr(throttle)


@virtual
async def test_cancelled_inside(Throttle):
	"""What it did is done: only the slot comes back."""
	throttle, crowd = Throttle(1, 1), Crowd()
	inside = crowd.start("inside", throttle, takes=100)
	crowd.start("next", throttle)
	await asyncio.sleep(0.5)
	inside.cancel()
	await crowd.all()
	assert crowd.times() == pytest.approx([0, 1], abs=1e-5)


@virtual
async def test_one_entry_for_several_tasks(Throttle):
	throttle, crowd = Throttle(10, 2), Crowd()
	five = throttle(5)
	for i in range(4):
		crowd.start(i, five, takes=0.1)
	await crowd.all()
	assert crowd.times() == pytest.approx([0, 0, .5, 1], abs=1e-5)
	assert not crowd.at_once


@pytest.mark.parametrize("seed", range(20))
def test_histories(Throttle, seed):
	"""Whatever is cancelled, and whenever: limits and order hold, nothing is
	lost."""
	timeloop.run(history(Throttle, random.Random(seed)))


async def history(Throttle, chance):
	capacity, concurrency = chance.randint(1, 20), chance.randint(0, 4)
	throttle, crowd = Throttle(capacity, concurrency), Crowd()
	for i in range(200):
		task = crowd.start(i, throttle, takes=chance.random() / 4)
		if chance.random() < 0.3:
			asyncio.get_running_loop().call_later(
			    chance.random() * 10, task.cancel)
		if chance.random() < 0.02:
			throttle.pause(chance.random())
		if chance.random() < 0.5:
			await asyncio.sleep(chance.random() / capacity)
	await crowd.all()
	assert crowd.names() == sorted(crowd.names())
	assert concurrency == 0 or crowd.most <= concurrency
	assert len(crowd.went) >= 100
	times = crowd.times()
	for i, begin in enumerate(times):
		for n, end in enumerate(times[i:], 1):
			# timers are late by a microsecond at most
			assert n <= capacity * (1 + end - begin + 1e-4) + 1e-6
	# nothing is lost: after a period all of it is there
	await asyncio.sleep(1)
	begin, crowd = now(), Crowd()
	for i in range(capacity):
		crowd.start(i, throttle)
	await crowd.all()
	assert now() - begin < 1e-3
	assert "0 admitted, 0 waiting" in repr(throttle)


def test_several_loops(Throttle):
	"""One after the other, not at the same time."""
	throttle = Throttle(1000, 1)

	async def use():
		async with throttle:
			pass

	async def leave_waiting():
		await throttle.acquire()
		asyncio.ensure_future(use())
		await asyncio.sleep(0)
		with pytest.raises(RuntimeError):
			await asyncio.get_running_loop().run_in_executor(None,
			    asyncio.run, use())
		throttle.release()

	for _ in range(2):
		asyncio.run(use())
		asyncio.run(leave_waiting())
	assert "0 admitted, 0 waiting" in repr(throttle)


@pytest.mark.parametrize("kept", [True, False])
def test_a_loop_that_was_closed(Throttle, kept):
	"""Those who waited in it hold up nobody, whoever still refers to
	them."""
	throttle, crowd = Throttle(1000, 1), Crowd()
	loop = timeloop.Loop()
	loop.run_until_complete(throttle.acquire())
	for i in range(3):
		crowd.tasks.append(loop.create_task(crowd.job(i, throttle)))
	loop.run_until_complete(asyncio.sleep(0))
	loop.set_exception_handler(lambda *_: None)
	loop.close()
	if not kept:
		crowd.tasks.clear()
		gc.collect()
	throttle.release()
	asyncio.run(crowd.job("next", throttle))
	assert crowd.names() == ["next"]
	assert "0 admitted, 0 waiting" in repr(throttle)


def test_real_time(Throttle):
	"""By the loop's own clock nobody goes too early."""
	throttle, crowd = Throttle(50, 2, period=0.5), Crowd()

	async def main():
		begin = now()
		for i in range(60):
			crowd.start(i, throttle)
		await crowd.all()
		return begin
	begin = asyncio.run(main())
	# who is late is accounted when he was due, up to 20 ms
	assert crowd.times()[-1] - begin >= 10 / 100 - 0.021
	assert len(crowd.went) == 60 and crowd.most == 2


@pytest.mark.parametrize("arguments", [
    (0,), (-1,), (float("nan"),), (float("inf"),), (1e10,), (1, -1),
    (1, 0.5), (1, 2**32), (1, 0, 0), (1, 0, -1), (1, 0, float("inf")),
    (1e-6, 0, 86400.0), (4e-7,), (6e-7,), (1e308,), (10**400,), (-10**400,),
    (fractions.Fraction(10**400),), (1, float("inf")), (1, float("nan")),
    (1, 10**400), (1, 0, 10**400), (1, 0, float("nan")), (1, 0, 1.1e8),
], ids=lambda arguments: str(arguments)[:40])
def test_what_is_wrong(Throttle, arguments):
	with pytest.raises(ValueError):
		Throttle(*arguments)


def test_wrong_costs_and_pauses(Throttle):
	throttle = Throttle(1)
	for wrong in (-1, float("nan"), float("inf"), 1e10, 1e308, 10**400,
	    -1e-9):
		with pytest.raises(ValueError):
			throttle(wrong)
	for wrong in -1, float("nan"), float("inf"), 10**400:
		with pytest.raises(ValueError):
			throttle.pause(wrong)
	assert not throttle.locked()


@virtual
async def test_the_least_cost(Throttle):
	"""No cost above 0 is free: a millionth at least."""
	throttle, crowd = Throttle(1e-6), Crowd()
	# a whole unit may go at once
	crowd.start("unit", throttle)
	for cost in 4e-7, fractions.Fraction(1, 10**9), 5e-324, 1e-6:
		crowd.start(cost, throttle(cost))
	crowd.start("free", throttle(0))
	await crowd.all()
	assert crowd.times() == pytest.approx([0, 1, 2, 3, 4, 4], abs=1e-4)


@pytest.mark.parametrize("of", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies(Throttle, of):
	"""Two with the same handles would both free them."""
	class Other(Throttle):
		pass

	for one in Throttle(10), Other(10):
		with pytest.raises(TypeError, match="cannot be copied"):
			of(one)
		assert not one.locked()
	if of is not copy.copy:
		with pytest.raises(TypeError, match="cannot be copied"):
			of(Throttle(10)(5))


def test_not_for_another_process(Throttle):
	process = multiprocessing.get_context("spawn").Process(target=print,
	    args=(Throttle(10),))
	with pytest.raises(TypeError, match="cannot be copied"):
		process.start()


def test_is_made_once(Throttle, monkeypatch):
	"""Another __init__() is refused, and has made nothing; one after one that
	was refused is the first."""
	library = sys.modules[Throttle.__module__]._library
	made, new = [], library.throttle_new
	monkeypatch.setattr(library, "throttle_new",
	    lambda limits: made.append(new(limits)) or made[-1])
	throttle = Throttle.__new__(Throttle)
	with pytest.raises(ValueError):
		throttle.__init__(0)
	throttle.__init__(10, 1)
	with pytest.raises(RuntimeError, match="made already"):
		throttle.__init__(20)
	assert len(made) == 1 and throttle._throttle == made[0]
	throttle.__del__()
	with pytest.raises(RuntimeError, match="freed.*made already"):
		throttle.__init__(20)


@pytest.mark.parametrize("slots", [False, True])
def test_is_freed(Throttle, monkeypatch, slots):
	"""With all that it has made, once, even in a circle with tasks that never
	ended: these find it gone, or leave before.  So is one of a class whose
	objects have another layout."""
	library = sys.modules[Throttle.__module__]._library
	calls = []
	gc.collect()			# what other tests have left
	for name in "throttle_free", "waiter_free":
		free = getattr(library, name)
		monkeypatch.setattr(library, name, lambda handle, free=free,
		    name=name: (calls.append((name, handle)), free(handle)))
	class Slots(Throttle):
		__slots__ = ("more",)

	throttle = (Slots if slots else Throttle)(1000, 1)
	crowd, loop = Crowd(), timeloop.Loop()
	throttle.circle = throttle, crowd
	loop.set_exception_handler(lambda *_: None)
	for i in range(3):
		crowd.tasks.append(loop.create_task(crowd.job(i, throttle, 5)))
	loop.run_until_complete(asyncio.sleep(1))
	loop.close()
	gone = weakref.ref(throttle)
	del throttle, crowd, loop
	gc.collect()
	assert gone() is None
	assert sorted(name for name, _ in calls) == ["throttle_free"] + \
	    3 * ["waiter_free"] and len(set(calls)) == 4


@virtual
async def test_is_freed_before_its_users(Throttle):
	"""What its finalizer may find of it still works, and does nothing."""
	throttle = Throttle(1000, 1)
	await throttle.acquire()
	job = throttle(2)
	waiter = asyncio.ensure_future(job.__aenter__())
	await asyncio.sleep(0)
	throttle.__del__()
	throttle.release()
	throttle.pause(1)
	assert throttle.locked() and repr(throttle) == "<Throttle: freed>"
	with pytest.raises(RuntimeError):
		await throttle.acquire()
	waiter.cancel()
	await asyncio.gather(waiter, return_exceptions=True)
	assert waiter.cancelled()


def test_without_the_library():
	"""It says what is missing."""
	run = subprocess.run([sys.executable, "-c", "import sluice_throttle"],
	    env={"SLUICE_LIBRARY": "/nowhere.so", "PYTHONPATH": str(PACKAGE),
		"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True)
	assert run.returncode != 0
	assert "ImportError: libsluice is not there (/nowhere.so" in run.stderr


def test_readme(Throttle, monkeypatch, capsys):
	"""Its example is one."""
	block, = re.findall(r"^```python\n(.*?)^```$",
	    (PACKAGE / "README.md").read_text(), re.M | re.S)
	monkeypatch.setattr(asyncio, "run", timeloop.run)
	exec(compile(block, "README.md", "exec"), {})
	assert capsys.readouterr().out.split("\n") == [*map(str, range(30)),
	    "a costly one", "after three seconds", ""]


def test_version():
	"""It is the library's."""
	version = re.search(r"^AC_INIT\(\[sluice\], \[(.*)\]\)$",
	    (TOP / "configure.ac").read_text(), re.M)[1]
	assert f'\nversion = "{version}"\n' in \
	    (PACKAGE / "pyproject.toml").read_text()
