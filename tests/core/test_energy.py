from nbperf.core.energy import total_energy
from nbperf.core.records import Absence, Provenance, Reading, Run, Sample
from nbperf.core.units import Unit
from nbperf.words import Sentence


def joules(quantity: str, value: float, device: str | None = None, provenance: Provenance = Provenance.MEASURED) -> Reading:
    return Reading(quantity=quantity, value=value, unit=Unit.JOULE, provenance=provenance, source=quantity, device=device)


def absence(quantity: str, device: str | None = None) -> Absence:
    return Absence(quantity=quantity, device=device, reason=Sentence("no sensor"))


def run(*samples: tuple[Reading, ...], absences: tuple[Absence, ...] = (), loops: int = 1) -> Run:
    return Run(samples=tuple(Sample(readings=readings, loops=loops) for readings in samples), absences=absences)


def test_every_device_is_added_up_repeat_by_repeat_and_per_loop():
    gpus = (joules("energy.gpu", 10, "cuda:0"), joules("energy.gpu", 20, "cuda:1"))
    total = total_energy(run((*gpus, joules("energy.cpu", 5)), (*gpus, joules("energy.cpu", 7)), loops=2))
    assert total.measurement is not None
    assert total.measurement.values == (17.5, 18.5)
    assert total.measurement.quantity == "energy.gpu+energy.cpu"
    assert total.complete


def test_the_worst_provenance_is_that_of_the_sum():
    total = total_energy(run((joules("energy.gpu", 10, "cuda:0", Provenance.SAMPLED), joules("energy.cpu", 5))))
    assert total.measurement is not None
    assert total.measurement.provenance is Provenance.SAMPLED


def test_what_is_missing_is_named():
    total = total_energy(run((joules("energy.gpu", 10),), absences=(absence("energy.cpu"), absence("memory.swap"))))
    assert [a.quantity for a in total.missing] == ["energy.cpu"]
    assert total.measurement is not None
    assert not total.complete


def test_a_part_that_a_repeat_lacks_is_not_added_to_the_others():
    total = total_energy(run((joules("energy.gpu", 10), joules("energy.cpu", 1)), (joules("energy.gpu", 12),)))
    assert total.measurement is not None
    assert total.measurement.values == (10, 12)
    assert "1 of 2" in total.missing[0].reason


def test_the_rest_of_a_part_that_was_lost_is_missing():
    total = total_energy(run((joules("energy.gpu", 10, "cuda:0"),), absences=(absence("energy.gpu", "cuda:0"),)))
    assert total.parts == (("energy.gpu", "cuda:0"),)
    assert [a.device for a in total.missing] == ["cuda:0"]


def test_an_estimate_is_only_added_where_that_is_asked_for():
    measured = run((joules("energy.gpu", 10), joules("energy.cpu", 5, None, Provenance.ESTIMATED)))
    total = total_energy(measured)
    assert total.measurement is not None
    assert total.measurement.values == (10,)
    assert total.estimated == (("energy.cpu", None),)
    assert "estimated" in total.missing[0].reason
    total = total_energy(measured, estimates=True)
    assert total.measurement is not None
    assert total.measurement.values == (15,)
    assert total.measurement.provenance is Provenance.ESTIMATED
    assert total.complete


def test_the_wall_holds_the_parts_and_is_added_to_none():
    total = total_energy(run((joules("energy.gpu", 10), joules("energy.wall", 100), joules("energy.gpu.logged", 9))))
    assert total.measurement is not None
    assert total.measurement.values == (10,)


def test_nothing_read_is_no_zero():
    total = total_energy(run((), absences=(absence("energy.cpu"),)))
    assert total.measurement is None
    assert len(total.missing) == 1
    assert total_energy(Run()).measurement is None
