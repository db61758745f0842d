from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbperf.core.units import Unit
from nbperf.errors import RecordError
from nbperf.probes.meter_log import Series, moment, number, read_log

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC).timestamp()


def local(offset: float = 0.0) -> datetime:
    return datetime.fromtimestamp(NOON + offset)  # noqa: DTZ006 - as a program without zones writes it


def log(tmp_path: Path, text: str, name: str = "log.csv") -> dict[tuple[str, str], Series]:
    path = tmp_path / name
    path.write_text(text)
    return {(series.quantity, series.device): series for series in read_log(path)}


@pytest.mark.parametrize(
    "text",
    [str(NOON), str(int(NOON * 1000)), "2025-01-31T12:00:00Z", "2025-01-31 13:00:00+01:00", f"{local():%Y/%m/%d %H:%M:%S.%f}",
     f"{local():%Y-%m-%d %H:%M:%S}", f"{local():%d.%m.%Y %H:%M:%S}", f"{local():%H:%M:%S,%d-%b-%Y}"],
)  # fmt: skip
def test_times_in_many_ways(text: str):
    assert moment(text) == NOON


def test_what_is_no_time_or_no_number():
    assert moment("yesterday") is None
    assert moment("12.5") is None
    assert number("[N/A]") is None
    assert number(" 65.12 W") == 65.12
    assert number("1.234,5", comma=True) == 1234.5


def test_nvidia_smi_gives_each_card_with_units_and_without(tmp_path: Path):
    rows = "".join(
        f"{local(t):%Y/%m/%d %H:%M:%S.%f}, {card}, Fake GPU, {100 + card + t:.2f} W, 50 %, 1024 MiB, 60, [N/A]\n"
        for t in range(3)
        for card in range(2)
    )
    head = "timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB], temperature.gpu, clocks.sm [MHz]\n"
    found = log(tmp_path, head + rows)
    power = found["power.gpu.logged", "1"]
    assert power.values == (101, 102, 103)
    assert power.times == (NOON, NOON + 1, NOON + 2)
    assert power.unit is Unit.WATT
    assert found["gpu.utilisation", "0"].values[0] == 0.5
    assert found["memory.gpu.used", "0"].values[0] == 2**30
    assert found["gpu.temperature", "0"].values[0] == 333.15
    assert ("gpu.clock", "0") not in found
    plain = log(tmp_path, head.replace("index, ", "") + rows.replace(" W", "").replace(" 0, Fake", " Fake").replace(" 1, Fake", " Fake"))
    assert {device for _, device in plain} == {""}


@pytest.mark.parametrize(
    ("text", "quantity", "values"),
    [
        ("timestamp,Power (W)\n{0},10\n{1},20\n", "power.wall", (10, 20)),
        ("Time;Leistung [mW]\n{0};1.500,5\n{1};2000\n", "power.wall", (1.5005, 2)),
        ("time\tactive_power\n{0}\t10\n{1}\t11\n", "power.wall", (10, 11)),
        ("timestamp,energy_wh\n{0},1\n{1},1.5\n", "energy.wall", (3600, 5400)),
        ("timestamp,voltage,watts,total kWh\n{0},230,10,1\n{1},231,20,1\n", "power.wall", (10, 20)),
    ],
)
def test_a_wall_meter(tmp_path: Path, text: str, quantity: str, values: tuple[float, ...]):
    ((found),) = log(tmp_path, text.format(NOON, NOON + 1)).values()
    assert found.quantity == quantity
    assert found.values == pytest.approx(values)
    assert found.counts == (quantity == "energy.wall")


def test_a_date_and_a_time_in_two_columns(tmp_path: Path):
    (found,) = log(tmp_path, f"date,time,watts\n{local():%Y-%m-%d},{local():%H:%M:%S},10\n").values()
    assert found.times == (NOON,)


def test_nmon_gives_busy_cores_and_watts(tmp_path: Path):
    text = "AAA,progname,nmon\nCPU_ALL,CPU Total host,User%,Sys%,Wait%,Idle%,Busy,CPUs\nGPU_WATTS,GPU Watts,GPU0,GPU1\n" + "".join(
        f"ZZZZ,T{n:04},{local(n):%H:%M:%S},{f'{local(n):%d-%b-%Y}'.upper()}\nCPU_ALL,T{n:04},40,10,0,50,,4\nGPU_WATTS,T{n:04},{50 + n},60\n"
        for n in range(3)
    )
    found = log(tmp_path, text, "host.nmon")
    assert found["machine.busy", ""].values == (2, 2, 2)
    assert found["machine.busy", ""].times[0] == NOON
    assert found["power.gpu.logged", "gpu0"].values == (50, 51, 52)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("2025/01/31 12:00:00.000, 65.12 W\n", "header"),
        ("when,Power (W)\n1,2\n", "no column of times"),
        ("timestamp,volts\n1700000000,2\n", "no column of watts"),
        ("timestamp,watts\nnever,2\n", "no value with a time"),
        ("AAA,progname,nmon\n", "no value with a time"),
    ],
)
def test_what_is_no_log_says_what_was_looked_for(tmp_path: Path, text: str, why: str):
    with pytest.raises(RecordError, match=why):
        log(tmp_path, text)


def test_a_log_that_is_not_there(tmp_path: Path):
    with pytest.raises(RecordError, match=r"nowhere\.csv cannot be read"):
        read_log(tmp_path / "nowhere.csv")
