"""The saved face of a panel: its picture in a mime bundle, and in files."""

from __future__ import annotations

import base64
import html
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbperf.errors import PlanError
from nbperf.words import READER, say

if TYPE_CHECKING:
    from nbperf.panels.base import Panel
    from nbperf.views.picture import Picture

FILES = (".png", ".svg", ".html", ".csv")


def now() -> float:
    """Seconds since the epoch, by the clock that stamps messages."""
    return time.time()


def bundle(picture: Picture, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A mime bundle with the picture and the text, and the size of the picture."""
    png, size = picture._repr_png_()
    return {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": text}, {"image/png": size}


def save(panel: Panel, path: Path) -> Path:
    """Write a panel to a file of the kind that its name says."""
    kind = path.suffix.lower()
    if kind not in FILES:
        raise PlanError(say("cannot save as {name!r}: a name ends with {kinds}", name=path.name, kinds=", ".join(FILES)))
    if kind == ".csv":
        panel.to_frame().to_csv(path, encoding="utf-8")
    elif kind == ".html":
        path.write_text(page(panel), encoding="utf-8")
    else:
        picture = panel.figure(dark=False)
        picture.savefig(path, format=kind[1:], dpi=picture.dpi * 2)
    return path


_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ margin: 2em auto; max-width: 1200px; padding: 0 1em; font-family: system-ui, sans-serif; color-scheme: light dark }}
img {{ max-width: 100% }}</style>
<main><img alt="{title}" src="data:image/png;base64,{png}"></main>
<script type="application/json" id="state">{state}</script>
<script type="module">
// The panel without a kernel: a model that holds what the notebook held.
const bytes = text => new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
const state = JSON.parse(document.getElementById("state").textContent);
for (const name of state.binary) state.traits[name] = bytes(state.traits[name]);
const heard = new Map();
const model = {{
  get: name => state.traits[name],
  set(name, value) {{ state.traits[name] = value; for (const each of heard.get("change:" + name) ?? []) each(); }},
  save_changes() {{}},
  on(name, each) {{ heard.set(name, [...(heard.get(name) ?? []), each]); }},
  off(name, each) {{ heard.set(name, (heard.get(name) ?? []).filter(other => other !== each)); }},
  send() {{}},
}};
const source = new Blob([state.bundle], {{ type: "text/javascript" }});
const {{ default: panel }} = await import(URL.createObjectURL(source));
const main = document.querySelector("main");
main.replaceChildren();
panel.initialize({{ model }});
panel.render({{ model, el: main }});
</script>
</html>
"""


def page(panel: Panel) -> str:
    """A page of its own: the picture, and in its place the live face where scripts run."""
    from nbperf.panels.base import BUNDLE, built

    data, _ = panel._face()
    traits = {name: value for name, value in panel.get_state().items() if not name.startswith("_") and name != "layout"}
    binary = [name for name, value in traits.items() if isinstance(value, bytes)]
    traits |= {name: base64.b64encode(traits[name]).decode("ascii") for name in binary}
    traits |= {"alone": True, "listing": {}, "selected": []}
    state = {"traits": traits, "binary": binary, "bundle": BUNDLE.read_text(encoding="utf-8") if built() else ""}
    # In a script element only "<" can end it.
    text = json.dumps(state).replace("<", "\\u003c")
    title = html.escape(panel.words.get("title", ""))
    return _PAGE.format(language="zh" if READER.language == "zh_CN" else "en", title=title, png=data["image/png"], state=text)
