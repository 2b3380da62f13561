# SPDX-License-Identifier: ISC
"""Which tests a sanitizer need not be shown."""
import array
import pathlib
import re
import types
import zlib

import pytest

import repeats

pytestmark = pytest.mark.plain("the daemon has no part in it")

# Edges as bits, what it takes (s).
TABLE = {
    "all": (0b1111, 10),
    "low": (0b0011, 1),
    "high": (0b1100, 1),
    "alone": (0b10000, 100),
    "none": (0, 0.1),
}


def chosen(always=()):
	return repeats.choose({name: row[0] for name, row in TABLE.items()},
	    {name: row[1] for name, row in TABLE.items()}, set(always))


@pytest.mark.parametrize("always, wanted", [
    ((), {"low", "high", "alone"}),
    (("all",), {"all", "alone"}),
    (("none",), {"none", "low", "high", "alone"})])
def test_each_edge(always, wanted):
	assert chosen(always) == wanted


def item(function, **params):
	return types.SimpleNamespace(function=function,
	    nodeid="tests/e2e/test_x.py::test_y[0]",
	    callspec=types.SimpleNamespace(params=params))


def test_a_test_that_has_changed_is_another():
	one = repeats.key_of(item(test_each_edge, row=(1, {"a"}, {"b": []})))
	assert re.fullmatch(r"[0-9a-f]{8} test_x\.py::test_y\[0\]", one)
	assert repeats.key_of(item(test_each_edge,
	    row=(1, {"a"}, {"b": []}))) == one
	assert repeats.key_of(item(test_each_edge,
	    row=(2, {"a"}, {"b": []}))) != one
	assert repeats.key_of(item(chosen, row=(1, {"a"}, {"b": []}))) != one


def test_where_a_parameter_is_in_memory_does_not_matter():
	assert repeats.key_of(item(chosen, row=[object()])) == \
	    repeats.key_of(item(chosen, row=[object()]))


def test_edges_of_all_programs_of_a_test(tmp_path):
	def told(name, *found):
		(tmp_path / f"{name}.sancov").write_bytes(array.array("Q",
		    (repeats.MAGIC, *found)).tobytes())
	told("sluice.1", 16, 32)
	told("sluice.2", 32, 1 << 40)
	(tmp_path / "sluice.3.sancov").write_bytes(b"")
	assert repeats.addresses(tmp_path) == {16, 32, 1 << 40}


def test_edges_that_were_kept(tmp_path):
	def keep(name, *found):
		(tmp_path / name).write_bytes(name.encode() + b"\n" +
		    zlib.compress(array.array("Q", found).tobytes()))
	keep("a", *range(0, 80000, 8))
	keep("b", 8, 16, 1 << 40)
	keep("c")
	tests = repeats.read(tmp_path)
	assert tests["a"].bit_count() == 10000
	assert tests["b"].bit_count() == 3
	assert (tests["a"] & tests["b"]).bit_count() == 2
	assert tests["c"] == 0


def test_what_is_listed_is_there():
	"""A row of what was renamed leaves out nothing, and is to go."""
	here = pathlib.Path(__file__).parent
	files = {path.name: path.read_text() for path in here.glob("test_*.py")}
	for row in repeats.listed():
		name = row.split(" ", 1)[1]
		file, _, function = name.partition("[")[0].partition("::")
		assert re.search(rf"^\s*def {function.rpartition('::')[2]}\(",
		    files[file], re.M), name
