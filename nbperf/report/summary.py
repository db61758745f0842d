"""A record for programs: as it is stored, and beside it what was computed from it."""

from __future__ import annotations

import json
import math
from typing import Any

from nbperf.core.budgets import Outcome, outcomes
from nbperf.core.lines import MemoryTrace, cost
from nbperf.core.records import Comparison, Comparisons, Measurement, Run
from nbperf.core.stats import median
from nbperf.core.verdicts import diagnose, verdict_sentence
from nbperf.report.card import Card, Table, shown
from nbperf.report.figures import find
from nbperf.store import codec


def to_json(record: Run | Comparison | Comparisons | MemoryTrace | Card, *, indent: int | None = None) -> str:
    """JSON of a record, with a summary; numbers in SI units. A card becomes its tables, in the reader's language."""
    if isinstance(record, Card):
        return json.dumps(_card(record), ensure_ascii=False, indent=indent)
    data = codec.encode(record)
    if isinstance(record, MemoryTrace):
        data["summary"] = _trace(record)
    else:
        data["summary"] = _run(record) if isinstance(record, Run) else _comparisons(record)
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _ends(ends: tuple[float, float] | None) -> list[float | None] | None:
    return [_finite(end) for end in ends] if ends else None


def _measurement(found: Measurement) -> dict[str, Any]:
    return {
        "quantity": found.quantity,
        "device": found.device,
        "unit": found.unit.value,
        "provenance": found.provenance.name.lower(),
        "source": found.source,
        "count": found.count,
        "median": _finite(found.median),
        "interval": _ends(found.interval),
        "iqr": _ends(found.iqr),
        "mean": _finite(found.mean),
        "minimum": _finite(found.minimum),
        "maximum": _finite(found.maximum),
        "p95": _finite(found.p95),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "text": outcome.budget.text,
        "device": outcome.budget.device,
        "statistic": outcome.budget.statistic,
        "kept": outcome.kept,
        "found": _finite(outcome.found),
        "limit": outcome.budget.limit,
        "unit": outcome.budget.unit.value,
        "provenance": outcome.provenance.name.lower(),
        "reason": str(outcome.reason),
    }


def _run(run: Run) -> dict[str, Any]:
    asked: dict[str, Any] = {"budgets": [_outcome(outcome) for outcome in outcomes(run)]} if run.budgets else {}
    if run.items is not None:
        rates = run.per()
        asked["rates"] = [_measurement(rate) for rate in (rates.items_per_second, rates.items_per_joule) if rate]
    return {
        **asked,
        "measurements": [_measurement(found) for found in find(run).values()],
        "findings": [{"code": f.code, "weight": f.weight, "cause": str(f.cause), "remedy": str(f.remedy)} for f in diagnose(run)],
    }


def _trace(trace: MemoryTrace) -> dict[str, Any]:
    return {
        "above": _finite(trace.above),
        "growth": _finite(trace.growth),
        "seconds": _finite(trace.seconds),
        "ranked": [
            {"file": line.file, "function": line.function, "line": line.line, "cost": _finite(cost(line))} for line in trace.ranked()
        ],
    }


def _comparisons(record: Comparison | Comparisons) -> dict[str, Any]:
    comparisons = (record,) if isinstance(record, Comparison) else tuple(record)
    return {
        "verdicts": [
            {
                "baseline": comparison.baseline,
                "contestant": comparison.contestant,
                "verdict": comparison.verdict,
                "sentence": str(verdict_sentence(comparison)),
                "medians": [_finite(median(comparison.pairs.baseline_values)), _finite(median(comparison.pairs.contestant_values))],
                "width": _finite(comparison.width),
            }
            for comparison in comparisons
        ]
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "title": shown(card.title),
        "facts": [shown(fact) for fact in card.facts],
        "tables": [_table(t) for t in (*card.tables, *card.folded)],
    }


def _table(table: Table) -> dict[str, Any]:
    rows = [[shown(piece) for piece in row] for row in table.rows]
    return {"title": shown(table.title), "columns": [shown(column) for column in table.columns], "rows": rows}
