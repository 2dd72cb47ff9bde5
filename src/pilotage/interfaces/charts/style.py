"""How charts look: the tokens of the pages' design, light and dark, and one class for each part of a picture.

Colours are variables with a value of their own, so that a page's tokens (``--tx``, ``--ac`` …) win where a chart stands
inside it. A page with a strict policy serves ``CSS`` in its own style sheet and takes charts without it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

ROOT = "pilotage-chart"
"""The class of every chart's root; no rule reaches beyond it."""

_LIGHT = {
    "sf": "#ffffff", "tx": "#12161f", "mu": "#566072", "ac": "#3346c8", "ok": "#0c7043", "wn": "#8a5300",
    "er": "#bd1f2d", "base": "#667085", "grid": "#e8ebf0", "bd": "#c6ccd6", "band": "rgb(51 70 200 / .14)",
}  # fmt: skip
_DARK = {
    "sf": "#151920", "tx": "#e7eaf0", "mu": "#9aa4b5", "ac": "#98a7ff", "ok": "#52cf92", "wn": "#efb54c",
    "er": "#ff8380", "base": "#8b95a7", "grid": "#222934", "bd": "#3a4352", "band": "rgb(152 167 255 / .15)",
}  # fmt: skip

_RULES = """
{r} text{{font:12px Inter,system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--c-mu)}}
{r} .title{{font-size:15px;font-weight:600;fill:var(--c-tx)}}
{r} .head{{font-weight:600;fill:var(--c-tx)}}
{r} .say{{font-size:13px;fill:var(--c-tx)}}
{r} .none{{font-size:15px;fill:var(--c-mu)}}
{r} .er{{fill:var(--c-er);font-weight:600}}
{r} .wn{{fill:var(--c-wn);font-weight:600}}
{r} .ok{{fill:var(--c-ok);font-weight:600}}
{r} .halo{{paint-order:stroke;stroke:var(--c-sf);stroke-width:4px;stroke-linejoin:round}}
{r} .paper{{fill:var(--c-sf)}}
{r} path,{r} line{{fill:none;stroke-linejoin:round;stroke-linecap:round}}
{r} .grid{{stroke:var(--c-grid)}}
{r} .stage{{stroke:var(--c-bd)}}
{r} .band{{fill:var(--c-band)}}
{r} .edge{{stroke:var(--c-ac);stroke-opacity:.45}}
{r} .canary{{stroke:var(--c-ac);stroke-width:2}}
{r} .baseline{{stroke:var(--c-base);stroke-width:1.5;stroke-dasharray:5 4}}
{r} .limit{{stroke:var(--c-er);stroke-width:1.5;stroke-dasharray:7 4}}
{r} .doubt{{stroke:var(--c-wn);stroke-width:1.5;stroke-dasharray:2 4}}
{r} .same{{stroke:var(--c-base);stroke-width:1}}
{r} .rolled{{stroke:var(--c-er);stroke-width:1.5}}
{r} .held{{stroke:var(--c-wn);stroke-width:1.5}}
{r} .dot{{fill:var(--c-ac);stroke:var(--c-sf);stroke-width:1.5}}
{r} .dot.er{{fill:var(--c-er)}}
"""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--c-{name}:var(--{name},{value});" for name, value in colours.items())


CSS = (
    f".{ROOT}{{{_variables(_LIGHT)}}}"
    f"@media (prefers-color-scheme:dark){{.{ROOT}{{{_variables(_DARK)}}}}}"
    + _RULES.format(r=f".{ROOT}").replace("\n", "")
)
"""The style of charts."""

CSS_HASH = "sha256-" + b64encode(sha256(CSS.encode()).digest()).decode()
"""What a Content-Security-Policy names to allow ``CSS``, and nothing else, inside a chart."""
