"""The sentences of the confusion panel in the browser; {names} are filled in there."""

from __future__ import annotations

from nbperf.words import say


def words() -> dict[str, str]:
    """All of them, in the reader's language."""
    return {
        "title": say("Confusion matrix"),
        "headline": say("accuracy {accuracy} · macro F1 {f1} · {n} samples"),
        "empty": say("nothing counted yet"),
        "classes": say("classes"),
        "true": say("true"),
        "predicted": say("predicted"),
        "modes": say("what the cells show"),
        "counts": say("counts"),
        "rows": say("% of true"),
        "columns": say("% of predicted"),
        "change": say("change"),
        "counts-title": say("samples in each cell"),
        "rows-title": say("share of each true class: the diagonal is recall"),
        "columns-title": say("share of each predicted class: the diagonal is precision"),
        "change-title": say("change of each true class's shares since the pinned state, in percentage points"),
        "change-closed": say("pin a state first: then this shows what has changed since"),
        "pin": say("pin"),
        "repin": say("pin anew"),
        "pinning": say("pinning…"),
        "pin-title": say("keep this state to compare with"),
        "rate": say("rate"),
        "rate-title": say("how many pictures are seen, and how old they are"),
        "rate-live": say("{rate} pictures/s, {latency} ms old · {updates} updates in {pictures} pictures"),
        "rate-still": say("{updates} updates in {pictures} pictures"),
        "controls-now": say("controls act while a cell runs"),
        "controls-later": say("pin and samples act when the running cell ends"),
        "later": say("waiting for the running cell: this kernel answers when it ends"),
        "right": say("right"),
        "wrong": say("wrong"),
        "better": say("better"),
        "worse": say("worse"),
        "precision": say("precision"),
        "recall": say("recall"),
        "f1": "F1",
        "strip": say("accuracy over the samples seen: of all so far (line), of the latest (points)"),
        "strip-spoken": say("accuracy over time: {all} of all so far, {latest} of the latest"),
        "cell-right": say("{true}: {n} of {seen} right"),
        "cell-wrong": say("true {true}, predicted {predicted}: {n}"),
        "share": say("{share} of true {true}"),
        "part": say("{part} of predicted {predicted}"),
        "scores": say("precision {precision}, recall {recall}, F1 {f1}"),
        "moved": say("{points} points since the pinned state"),
        "worst": say("most frequent mistake:"),
        "keys": say("arrow keys read the cells, Enter lists samples, plus and minus zoom"),
        "sample": "#{n}",
        "more": say("and {n} more"),
        "close": say("close the list"),
    }
