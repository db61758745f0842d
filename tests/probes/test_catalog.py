import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from nbperf.core.records import Absence
from nbperf.errors import PlanError
from nbperf.probes import files
from nbperf.probes.base import Probe
from nbperf.probes.catalog import BUILT_IN, OPTIONAL, close, discover, known
from nbperf.probes.files import KernelFiles
from nbperf.testing import ScriptedProbe, reading


def names(probes: list[Probe]) -> list[str]:
    return [probe.name for probe in probes]


@pytest.fixture(autouse=True)
def scanned_anew():
    close()
    yield
    close()


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch):
    """Entry points of other packages, by name; each scan is counted."""
    scans: list[str] = []
    points: dict[str, str] = {}

    def entry_points(*, group: str) -> list[EntryPoint]:
        scans.append(group)
        return [EntryPoint(name, value, group) for name, value in points.items()]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    return points, scans


def watts() -> ScriptedProbe:
    return ScriptedProbe("watts", [reading("time.wall", 1.0)])


def no_probe() -> str:
    return "watts"


class HereFinder:
    """Lets entry points name this file, whatever the test runner imported it as."""

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import SourceFileLoader
        from importlib.util import spec_from_loader

        return spec_from_loader(name, SourceFileLoader(name, __file__)) if name == "another_package" else None


@pytest.fixture(autouse=True)
def another_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "meta_path", [HereFinder(), *sys.meta_path])
    yield
    sys.modules.pop("another_package", None)


def test_every_probe_is_called_what_the_catalog_calls_it():
    probes, absences = discover([*BUILT_IN])
    assert names(probes) == [*BUILT_IN]
    assert absences == []
    assert all(isinstance(probe, Probe) for probe in probes)
    # An estimate stands in for a sensor that is not there, so it alone may give what another gives.
    quantities = [quantity for probe in probes if probe.name != "cpu_estimate" for quantity in probe.quantities]
    assert len(quantities) == len(set(quantities))


def test_by_default_all_but_the_optional_ones_with_the_clock_last():
    probes, _ = discover()
    assert names(probes)[-1] == "clock"
    assert not OPTIONAL & {*names(probes)}
    assert {*BUILT_IN} - OPTIONAL <= {*names(probes)}
    assert names(discover(also=["python"])[0]).count("python") == 1


def test_named_ones_come_alone_once_and_in_their_own_order():
    assert names(discover(["clock", "memory", "clock"])[0]) == ["memory", "clock"]
    assert names(discover([], also=["usage"])[0]) == ["usage"]
    assert names(discover([])[0]) == []


def test_each_window_gets_its_own():
    first, second = discover()[0], discover()[0]
    assert not {id(probe) for probe in first} & {id(probe) for probe in second}


def test_an_unknown_name_beside_the_default_ones_is_answered_with_the_optional_ones():
    with pytest.raises(PlanError, match=r"'pyton'; beside the default ones there are cpu_estimate, python$"):
        discover(also=["pyton"])


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(PlanError, match=r"'wattz'.*memory.*clock"):
        discover(["memory", "wattz"])


def test_probes_of_other_packages_start_first_and_are_looked_for_once(packages):
    points, scans = packages
    points["watts"] = "another_package:watts"
    for _ in range(3):
        probes, absences = discover()
        assert names(probes)[0] == "watts"
        assert absences == []
    assert "watts" in known()
    assert scans == ["nbperf.probes"]


def test_built_in_ones_asked_for_by_name_need_no_look(packages):
    discover(["memory", "clock"])
    assert packages[1] == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("another_package:nothing_there", "AttributeError"),
        ("no_such_package_anywhere:probe", "ModuleNotFoundError"),
        ("another_package:no_probe", "gives no probe but str"),
    ],
)
def test_a_broken_probe_of_another_package_is_an_absence(packages, value: str, why: str):
    packages[0]["watts"] = value
    for _ in range(2):
        probes, (absence,) = discover()
        assert names(probes)[-1] == "clock"
        assert isinstance(absence, Absence)
        assert (absence.quantity, why in absence.reason, value in absence.remedy) == ("watts", True, True)


def test_a_name_of_ours_stays_ours(packages):
    packages[0]["clock"] = "another_package:watts"
    assert type(discover()[0][-1]).__name__ == "Clock"
    assert known().count("clock") == 1


def window(probes: list[Probe]) -> dict[str, object]:
    for probe in probes:
        probe.start()
    return {answer.quantity: answer for probe in reversed(probes) for answer in probe.stop()}


def test_closing_leaves_nothing_open_and_the_next_window_opens_it_again():
    window(discover()[0])
    close()
    assert files.KERNEL.opened == 0
    assert {"time.wall", "memory.rss.peak"} <= {*window(discover()[0])}


def test_many_windows_keep_no_more_open_than_one():
    window(discover()[0])
    after_one = files.KERNEL.opened
    for _ in range(300):
        window(discover()[0])
    assert files.KERNEL.opened == after_one


def test_every_quantity_of_a_probe_is_answered(tmp_path: Path):
    for kernel in (None, KernelFiles(tmp_path / "nowhere")):
        for probe in discover([*BUILT_IN], kernel=kernel)[0]:
            probe.start()
            answered = {answer.quantity for answer in probe.stop()}
            assert answered <= {*probe.quantities}
            assert {*probe.quantities} - answered <= {"time.device.wait"}


def run(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True)


def test_to_import_it_imports_nothing_heavy():
    run(
        "import sys; import nbperf.probes.catalog\n"
        "heavy = {'torch', 'numpy', 'psutil', 'pandas', 'matplotlib', 'tracemalloc', 'importlib.metadata', 'subprocess', 'resource'}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found"
    )


def test_with_proc_and_resource_hidden_everything_runs_on_the_fallbacks():
    run(
        "import psutil, sys; sys.modules['resource'] = None\n"  # psutil itself needs it here, though not on Windows
        "from nbperf.probes import catalog, files\n"
        "files.KERNEL = files.KernelFiles('/nowhere')\n"
        "from nbperf.measuring import environment\n"
        "probes, absences = catalog.discover(also=['python'])\n"
        "for probe in probes: probe.start()\n"
        "answers = {a.quantity: a for probe in reversed(probes) for a in probe.stop()}\n"
        "for quantity in ('time.wall', 'time.cpu.user', 'memory.rss.before', 'memory.rss.peak', 'memory.python.peak'):\n"
        "    assert hasattr(answers[quantity], 'value'), answers[quantity]\n"
        "assert environment.capture().memory_total\n"
        "assert files.KERNEL.opened == 0\n"
    )


def test_with_psutil_gone_as_well_nothing_fails_before_the_window_can_say_so():
    run(
        "import sys; sys.modules['resource'] = sys.modules['psutil'] = None\n"
        "from nbperf.probes import catalog, files\n"
        "files.KERNEL = files.KernelFiles('/nowhere')\n"
        "from nbperf.measuring.recorder import Window\n"
        "window = Window(*catalog.discover())\n"
        "window.open()\n"
        "sample = window.close()\n"
        "assert sample.reading('time.wall')\n"
        "absent = {absence.quantity for absence in window.absences}\n"
        "assert {'memory.rss.peak', 'io.read', 'machine.busy.others'} <= absent, absent\n"
    )
