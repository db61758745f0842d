import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbperf.measuring import environment
from nbperf.measuring.environment import capture, clock_resolution, constants, revision
from nbperf.probes.files import KernelFiles
from nbperf.testing import FakeClock

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
GB = 10**9


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    root = tmp_path / "machine"
    write(
        root,
        {
            "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Fake CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: another\n",
            "/proc/meminfo": "MemTotal:       16000000 kB\nMemFree: 1 kB\n",
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
        },
    )
    return root


def test_says_what_it_runs_on(machine: Path):
    found = capture(KernelFiles(machine))
    assert (found.cpu, found.governor, found.memory_total) == ("Fake CPU @ 3 GHz", "powersave", 16_000_000 * 1024)
    assert (found.host, found.python) == (platform.node(), platform.python_version())
    assert found.cores == os.cpu_count()
    assert 1 <= found.cores_allowed <= found.cores
    assert found.clock_resolution > 0


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs CPU affinity")
def test_cores_allowed_are_those_of_the_affinity(machine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7})
    assert capture(KernelFiles(machine)).cores_allowed == 3


def container(machine: Path, memory: int) -> None:
    write(
        machine,
        {
            "/proc/self/cgroup": "0::/\n",
            "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "/sys/fs/cgroup/memory.max": f"{memory}\n",
            "/sys/fs/cgroup/cpu.max": "250000 100000\n",
        },
    )


@pytest.mark.parametrize(
    ("group", "variable", "limit", "source"),
    [
        (None, None, 16_000_000 * 1024, "machine"),
        (4 * GB, None, 4 * GB, "cgroup"),
        (4 * GB, "2000000000", 2 * GB, "MEM_LIMIT"),
        (None, "2e9", 2 * GB, "MEM_LIMIT"),
        (99 * GB, "not a number", 16_000_000 * 1024, "machine"),
    ],
)
def test_the_tightest_memory_limit_holds_and_is_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch, group: int | None, variable: str | None, limit: int, source: str
):
    monkeypatch.delenv("MEM_LIMIT", raising=False)
    if variable:
        monkeypatch.setenv("MEM_LIMIT", variable)
    if group:
        container(machine, group)
    found = capture(KernelFiles(machine))
    assert (found.memory_limit, found.memory_limit_source) == (limit, source)


def test_the_containers_quota_limits_the_usable_cores(machine: Path):
    container(machine, GB)
    found = capture(KernelFiles(machine))
    assert found.cpu_quota == 2.5
    assert found.cores_usable == min(2.5, found.cores_allowed)


def test_what_does_not_change_is_read_once_and_the_rest_each_time(machine: Path, monkeypatch: pytest.MonkeyPatch):
    kernel = KernelFiles(machine)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ("OMP_NUM_THREADS", 3) in capture(kernel).threads
    (machine / "proc/cpuinfo").unlink()
    monkeypatch.setenv("OMP_NUM_THREADS", "5,2")
    monkeypatch.setattr(os, "getloadavg", lambda: (0.75, 0.5, 0.25), raising=False)
    found = capture(kernel)
    assert found.cpu == "Fake CPU @ 3 GHz"
    assert ("OMP_NUM_THREADS", 5) in found.threads
    assert found.load == 0.75
    assert kernel.once(constants) is kernel.once(constants)


def test_packages_are_named_only_where_they_are_imported_and_none_is_woken(machine: Path, monkeypatch: pytest.MonkeyPatch):
    class Lazy:
        def __getattr__(self, name: str) -> str:
            raise AssertionError(f"asked for {name}")

    for name in environment.PACKAGES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(__version__="9.9"))
    monkeypatch.setitem(sys.modules, "keras", Lazy())
    assert capture(KernelFiles(machine)).packages == (("jax", "9.9"),)


def test_torch_threads_are_asked_each_time(machine: Path, monkeypatch: pytest.MonkeyPatch):
    kernel = KernelFiles(machine)
    torch = SimpleNamespace(__version__="2.0", get_num_threads=lambda: 8)
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert ("torch", 8) in capture(kernel).threads
    torch.get_num_threads = lambda: 2
    assert ("torch", 2) in capture(kernel).threads


def test_blas_is_what_numpy_was_built_with(machine: Path, monkeypatch: pytest.MonkeyPatch):
    built = {"Build Dependencies": {"blas": {"name": "fakeblas", "version": "1.2"}}}
    monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace(__version__="0.fake", show_config=lambda mode: built))
    assert capture(KernelFiles(machine)).blas == "fakeblas 1.2"
    monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace(__version__="0.old", show_config=lambda: None))
    assert capture(KernelFiles(machine)).blas is None
    monkeypatch.delitem(sys.modules, "numpy")
    assert capture(KernelFiles(machine)).blas is None


def test_thread_pools_are_asked_where_threadpoolctl_is_imported(machine: Path, monkeypatch: pytest.MonkeyPatch):
    pool = SimpleNamespace(internal_api="openblas", num_threads=4)
    control = SimpleNamespace(ThreadpoolController=lambda: SimpleNamespace(lib_controllers=[pool]))
    monkeypatch.setitem(sys.modules, "threadpoolctl", control)
    kernel = KernelFiles(machine)
    environment._controller.cache_clear()
    assert ("openblas", 4) in capture(kernel).threads
    pool.num_threads = 1
    assert ("openblas", 1) in capture(kernel).threads
    monkeypatch.delitem(sys.modules, "threadpoolctl")
    assert "openblas" not in dict(capture(kernel).threads)
    environment._controller.cache_clear()


def test_without_proc_the_machine_is_still_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "getloadavg", raising=False)
    found = capture(KernelFiles(tmp_path / "nowhere"))
    assert found.memory_total
    assert found.memory_limit_source == "machine"
    assert (found.load, found.governor, found.cpu_quota) == (None, None, None)
    assert found.cores_allowed == found.cores


def test_macos_says_its_cpu_by_sysctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="Apple M9\n"))
    assert environment._cpu(KernelFiles(tmp_path / "nowhere")) == "Apple M9"

    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert environment._cpu(KernelFiles(tmp_path / "nowhere")) == "arm"


def test_the_clocks_resolution_is_its_smallest_step(monkeypatch: pytest.MonkeyPatch):
    steps = iter([0.0, 0.0, 0.5, 0.5, 0.75, *[9.0] * 2000])
    monkeypatch.setattr(environment, "perf_counter", lambda: next(steps))
    assert clock_resolution() == 0.25
    monkeypatch.setattr(environment, "perf_counter", FakeClock(7.0))
    assert clock_resolution() == 0.0


# git


def test_a_branch_is_followed_to_its_commit_from_any_folder_below(tmp_path: Path):
    write(tmp_path, {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": f"{COMMIT}\n", "a/b/c.py": ""})
    assert revision(str(tmp_path / "a" / "b")) == COMMIT
    write(tmp_path, {".git/refs/heads/main": f"{OTHER}\n"})
    assert revision(str(tmp_path)) == OTHER


def test_a_detached_head_is_the_commit_itself(tmp_path: Path):
    write(tmp_path, {".git/HEAD": f"{COMMIT}\n"})
    assert revision(str(tmp_path)) == COMMIT


def test_a_packed_branch_is_found_and_a_loose_one_goes_before_it(tmp_path: Path):
    packed = f"# pack-refs with: peeled fully-peeled sorted\n{OTHER} refs/heads/main-2\n{COMMIT} refs/heads/main\n^{OTHER}\n"
    write(tmp_path, {".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": packed})
    assert revision(str(tmp_path)) == COMMIT
    write(tmp_path, {".git/packed-refs": packed.replace(COMMIT, "1" * 40) + "# longer\n"})
    assert revision(str(tmp_path)) == "1" * 40
    write(tmp_path, {".git/refs/heads/main": OTHER})
    assert revision(str(tmp_path)) == OTHER


def test_a_worktree_has_its_own_head_and_its_repositorys_branches(tmp_path: Path):
    git = tmp_path / "main" / ".git"
    write(
        tmp_path,
        {
            "main/.git/HEAD": "ref: refs/heads/main\n",
            "main/.git/refs/heads/main": OTHER,
            "main/.git/refs/heads/topic": COMMIT,
            "main/.git/worktrees/topic/HEAD": "ref: refs/heads/topic\n",
            "main/.git/worktrees/topic/commondir": "../..\n",
            "topic/.git": f"gitdir: {git}/worktrees/topic\n",
        },
    )
    assert revision(str(tmp_path / "topic")) == COMMIT


def test_a_submodule_names_its_repository_relative_to_itself(tmp_path: Path):
    write(tmp_path, {".git/modules/sub/HEAD": f"{COMMIT}\n", "sub/.git": "gitdir: ../.git/modules/sub\n"})
    assert revision(str(tmp_path / "sub")) == COMMIT


@pytest.mark.parametrize(
    "files",
    [
        {".git/HEAD": "ref: refs/heads/unborn\n"},
        {".git": "gitdir: gone\n"},
        {".git/HEAD": "ref: refs/heads/x\n", ".git/packed-refs": "# none\n"},
    ],
    ids=["no commit yet", "repository gone", "branch gone"],
)
def test_what_cannot_be_followed_is_none(tmp_path: Path, files: dict[str, str]):
    write(tmp_path, files)
    assert revision(str(tmp_path)) is None


def test_agrees_with_git_itself(tmp_path: Path):
    def git(*words: str) -> str:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *identity, *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    try:
        git("init")
    except FileNotFoundError:
        pytest.skip("there is no git here")
    git("commit", "--allow-empty", "-m", "one")
    commit = git("rev-parse", "HEAD")
    assert revision(str(tmp_path)) == commit
    git("pack-refs", "--all")
    assert revision(str(tmp_path)) == commit
    git("worktree", "add", "side")
    assert revision(str(tmp_path / "side")) == commit
