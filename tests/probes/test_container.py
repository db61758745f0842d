from pathlib import Path

import pytest

from nbperf.core.records import Absence
from nbperf.core.units import Unit
from nbperf.probes.container import Container, Limits, limits
from nbperf.probes.files import KernelFiles

GB = 10**9
V2 = "30 23 0:26 {root} /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
V1 = "40 32 0:{n} {root} /sys/fs/cgroup/{name} rw,relatime - cgroup cgroup rw,{controllers}"


class Tree:
    """A root folder with the files a container has."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kernel = KernelFiles(root)

    def write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            file = self.root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n")

    def place(self, groups: str, *mounts: str) -> None:
        self.write({"/proc/self/cgroup": groups, "/proc/self/mountinfo": "22 1 0:1 / / rw - overlay overlay rw\n" + "\n".join(mounts)})

    def limits(self) -> Limits:
        return self.kernel.once(limits)


@pytest.fixture
def tree(tmp_path: Path):
    tree = Tree(tmp_path)
    yield tree
    tree.kernel.close()


def v1(controllers: str, root: str = "/") -> str:
    return V1.format(n=len(controllers), root=root, name=controllers, controllers=controllers)


def test_without_cgroups_nothing_is_limited(tree: Tree):
    assert tree.limits() == Limits()


def test_v2_in_a_container_of_its_own_namespace(tree: Tree):
    tree.place("0::/", V2.format(root="/"))
    tree.write({"/sys/fs/cgroup/cpu.max": "150000 100000", "/sys/fs/cgroup/memory.max": str(2 * GB)})
    assert tree.limits() == Limits(cpu_quota=1.5, cpu_statistics="/sys/fs/cgroup/cpu.stat", memory=2 * GB)


def test_v2_the_tightest_of_all_groups_above_holds(tree: Tree):
    tree.place("0::/user.slice/job/step", V2.format(root="/"))
    base = "/sys/fs/cgroup/user.slice"
    tree.write(
        {
            f"{base}/job/step/cpu.max": "max 100000",
            f"{base}/job/step/memory.max": "max",
            f"{base}/job/cpu.max": "200000 100000",
            f"{base}/job/memory.max": str(8 * GB),
            f"{base}/cpu.max": "1600000 100000",
            f"{base}/memory.max": str(4 * GB),
        }
    )
    assert tree.limits() == Limits(cpu_quota=2.0, cpu_statistics=f"{base}/job/cpu.stat", memory=4 * GB)


def test_v2_without_a_namespace_the_hosts_path_is_cut_to_what_is_mounted(tree: Tree):
    tree.place("0::/docker/abc/inner", V2.format(root="/docker/abc"))
    tree.write({"/sys/fs/cgroup/cpu.max": "300000 100000", "/sys/fs/cgroup/inner/cpu.max": "50000 100000"})
    assert tree.limits().cpu_quota == 0.5


@pytest.mark.parametrize("group", ["0::/../../elsewhere", "0::/kubepods/pod1/abc"])
def test_v2_a_path_that_is_not_to_be_found_falls_back_to_what_is_mounted(tree: Tree, group: str):
    tree.place(group, V2.format(root="/"))
    tree.write({"/sys/fs/cgroup/cpu.max": "300000 100000", "/sys/elsewhere/cpu.max": "1 100000"})
    assert tree.limits().cpu_quota == 3.0


def test_v1_reads_each_controllers_own_hierarchy(tree: Tree):
    tree.place("5:cpu,cpuacct:/job\n4:memory:/other\n1:name=systemd:/init", v1("cpu,cpuacct"), v1("memory"))
    tree.write(
        {
            "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "250000",
            "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/memory/other/memory.limit_in_bytes": str(3 * GB),
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        }
    )
    expected = "/sys/fs/cgroup/cpu,cpuacct/job/cpu.stat"
    assert tree.limits() == Limits(cpu_quota=2.5, cpu_statistics=expected, memory=3 * GB)


def test_v1_the_largest_number_means_no_limit(tree: Tree):
    tree.place("4:memory:/", v1("memory"))
    tree.write({"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"})
    assert tree.limits().memory is None


def test_v1_and_an_idle_unified_hierarchy_beside_it(tree: Tree):
    tree.place("4:memory:/job\n0::/", v1("memory"), V2.format(root="/").replace("/sys/fs/cgroup ", "/sys/fs/cgroup/unified "))
    tree.write({"/sys/fs/cgroup/memory/job/memory.limit_in_bytes": str(GB), "/sys/fs/cgroup/unified/cgroup.procs": ""})
    assert tree.limits() == Limits(memory=GB)


def window(tree: Tree, before: str, after: str) -> dict[str, float]:
    path = tree.limits().cpu_statistics
    assert path is not None
    tree.write({path: before})
    probe = Container(tree.kernel)
    probe.start()
    tree.write({path: after})
    return {answer.quantity: answer.value for answer in probe.stop()}


def test_v2_throttling_is_counted_in_microseconds(tree: Tree):
    tree.place("0::/", V2.format(root="/"))
    tree.write({"/sys/fs/cgroup/cpu.max": "150000 100000"})
    found = window(
        tree,
        "usage_usec 5\nuser_usec 4\nsystem_usec 1\nnr_periods 10\nnr_throttled 2\nthrottled_usec 1000000",
        "usage_usec 9\nuser_usec 8\nsystem_usec 1\nnr_periods 20\nnr_throttled 7\nthrottled_usec 1500000\nnr_bursts 0",
    )
    assert found == {"container.throttled.time": 0.5, "container.throttled.periods": 5}


def test_v1_throttling_is_counted_in_nanoseconds(tree: Tree):
    tree.place("5:cpu:/", v1("cpu"))
    tree.write({"/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"})
    found = window(
        tree, "nr_periods 1\nnr_throttled 1\nthrottled_time 1000000000", "nr_periods 9\nnr_throttled 4\nthrottled_time 3000000000"
    )
    assert found == {"container.throttled.time": 2.0, "container.throttled.periods": 3}


def test_without_a_quota_throttling_is_absent_and_needs_no_remedy(tree: Tree):
    probe = Container(tree.kernel)
    probe.start()
    answers = probe.stop()
    assert [answer.quantity for answer in answers] == list(probe.quantities)
    assert all(isinstance(answer, Absence) and "no CPU quota" in answer.reason and not answer.remedy for answer in answers)


def test_the_units_are_seconds_and_a_count(tree: Tree):
    tree.place("0::/", V2.format(root="/"))
    tree.write({"/sys/fs/cgroup/cpu.max": "150000 100000", "/sys/fs/cgroup/cpu.stat": "nr_throttled 0\nthrottled_usec 0"})
    probe = Container(tree.kernel)
    probe.start()
    assert [answer.unit for answer in probe.stop()] == [Unit.SECOND, Unit.COUNT]
