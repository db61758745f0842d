"""``make words``: collect the sentences from the code, keep the Chinese of those that are still said, compile.

A template is found wherever `say`, `Sentence` or a helper of core/quantities.py is called with a string, also inside a
conditional expression or another call. What was never translated stays empty in the .po file until somebody writes it;
tests/test_words.py counts those.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "nbperf"
CATALOGUE = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "nbperf.po"

KEYWORDS: dict[str, int] = {"say": 1, "Sentence": 1, "_extensive": 3, "_level": 3}
"""What takes a template, and as which of its arguments."""


def templates(node: ast.expr) -> Iterator[tuple[int, str]]:
    """The strings that an argument can be; a variable is none, it holds a Sentence that was made elsewhere."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield node.lineno, text
        case ast.IfExp(body=body, orelse=orelse):
            yield from templates(body)
            yield from templates(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from templates(value)
        case ast.JoinedStr() | ast.BinOp():
            raise SyntaxError(f"line {node.lineno}: a template is put together here, so no catalogue can hold it: use {{names}}")


def said(source: str) -> Iterator[tuple[int, str]]:
    """(line, template) of each sentence in a source. By Python's own parser: Babel's reads no conditional expressions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = KEYWORDS.get(name)
            if place and len(node.args) >= place:
                yield from templates(node.args[place - 1])


def collect(package: Path = PACKAGE) -> Catalog:
    """Every template of the package, with the files that say it."""
    found = Catalog(charset="utf-8")
    for path in sorted(package.rglob("*.py")):
        for line, text in said(path.read_text(encoding="utf-8")):
            message = found.add(text, locations=[(path.relative_to(package.parent).as_posix(), line)])
            message.flags.discard("python-format")  # "5 %" and "%%perf" are text here; values go into {names}
    return found


def read(path: Path = CATALOGUE) -> Catalog:
    """The catalogue as it was written."""
    with path.open("rb") as file:
        return read_po(file, locale="zh_CN", charset="utf-8", abort_invalid=True)


def renewed(found: Catalog, written: Catalog | None) -> Catalog:
    """What the code says today with the translations that are there."""
    catalogue = Catalog(
        locale="zh_CN", domain="nbperf", project="nbperf", version="0", charset="utf-8", fuzzy=False,
        header_comment="# Chinese (simplified) for nbperf; collected by `make words`, translated by people.",
        copyright_holder="nbperf developers", msgid_bugs_address="nbperf developers", last_translator="nbperf developers",
        language_team="zh_CN", creation_date=datetime.now(UTC), revision_date=datetime.now(UTC),
    )  # fmt: skip
    for message in found:
        if message.id:
            known = written.get(message.id) if written else None
            catalogue.add(message.id, known.string if known else "", locations=message.locations, flags=message.flags)
    same = written is not None and {(m.id, m.string) for m in written if m.id} == {(m.id, m.string) for m in catalogue if m.id}
    if same:  # no new date where nothing is new
        catalogue.creation_date, catalogue.revision_date = written.creation_date, written.revision_date
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """The .mo file of a catalogue; a sentence without a translation is left out, so English is said."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> int:
    """Bring the catalogue up to the code, compile it, and count what is missing."""
    written = read() if CATALOGUE.exists() else None
    catalogue = renewed(collect(), written)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        # File names without lines: a line that moves is no change to a translation.
        write_po(file, catalogue, width=120, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(read()))
    gone = [message.id for message in written or () if message.id and message.id not in catalogue]
    missing = [message.id for message in catalogue if message.id and not message.string]
    name = CATALOGUE.relative_to(PACKAGE.parent)
    print(f"{name}: {len(catalogue)} sentences, {len(missing)} without a translation, {len(gone)} no longer said")
    return 0


if __name__ == "__main__":
    sys.exit(main())
