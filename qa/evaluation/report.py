"""A result in, one HTML file out that is whole in itself: no request leaves it, and none may."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Any

from qa.evaluation import plots
from qa.evaluation.measures import MEASURES
from qa.evaluation.outcome import VERDICTS

HEADLINES = ("right_quote", "right_page", "refused", "precision", "auroc", "hit_at_5")
FOUND_ONLY = ("hit_at_1", "hit_at_5", "hit_at_10", "mrr", "ndcg_at_10", "recall_at_10")
GROUPS = {"tag": "By tag", "type": "By type of question", "page": "By page"}
GROUPS_SHOWN = 40
OPEN_TO = 24  # groups; a longer table is shown when it is asked for
STEPS = {
    "not indexed": "What would answer is in no indexed page",
    "cut": "No passage has a whole sentence of it",
    "not asked": "The question cannot be asked",
    "not retrieved": "Its passage is no candidate",
    "not ranked": "Its passage ranks below those that are read",
    "not read": "Its passage is read and something else is chosen",
    "below threshold": "It is chosen, and held back as too unsure",
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def html(value: dict[str, Any]) -> str:
    """The report of a result (see `qa.evaluation.result`)."""
    name = escape(value["set"]["name"])
    sections = [_headlines(value), _verdicts(value), _losses(value), _curves(value)]
    sections += [_groups(value), _figures(value), _questions(value), _provenance(value)]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name} · Quoth evaluation</title>",
            f"<style>\n{_look()}\n</style>\n</head>\n<body>",
            _masthead(value),
            "<main>",
            *sections,
            "</main>",
            f'<script type="application/json" id="questions">{_data(value["questions"])}</script>',
            f"<script>\n{_static('report.js')}\n</script>\n</body>\n</html>\n",
        ]
    )


def _masthead(value: dict[str, Any]) -> str:
    asked, index, settings = value["set"], value["index"], value["settings"]
    how = ""
    if settings["always_answer"]:
        how = "First answers are counted even where they are held back."
    if settings["retrieval_only"]:
        how = "Only retrieval was measured; nothing was read."
    return (
        '<header class="top"><div class="masthead"><span class="wordmark">Quoth</span>'
        f'<span class="soft">evaluation of {escape(value["created"][:10])}</span></div>'
        f"<h1>{escape(asked['name'])}</h1>"
        f'<p class="soft">{asked["questions"]:,} questions, {asked["answerable"]:,} of them '
        f"answered by the documents · {index['documents']:,} documents, "
        f"{index['passages']:,} passages · reader {escape(value['models']['reader'])}</p>"
        + (f'<p class="how">{how}</p>' if how else "")
        + "</header>"
    )


def _headlines(value: dict[str, Any]) -> str:
    names = FOUND_ONLY if value["settings"]["retrieval_only"] else HEADLINES
    cards = "".join(_card(name, value["metrics"].get(name)) for name in names)
    return (
        f'<section aria-label="Headline figures"><div class="cards">{cards}</div>'
        '<p class="soft note">Below each figure its 95 % interval: where it would lie with other '
        "questions of the same kind.</p></section>"
    )


def _card(name: str, figure: dict[str, Any] | None) -> str:
    if not figure or figure["value"] is None:
        return ""
    measure = MEASURES[name]
    told = escape(" ".join((measure.of.__doc__ or measure.label).split()))
    return (
        f'<article title="{told}"><h3>{escape(measure.label)}</h3>'
        f'<p class="figure">{figure["value"] * 100:.1f}<span>%</span></p>'
        f"{plots.interval(figure['value'], figure['low'], figure['high'])}"
        f'<p class="soft">{figure["low"] * 100:.0f} to {figure["high"] * 100:.0f}, '
        f"{figure['questions']:,} questions</p></article>"
    )


def _verdicts(value: dict[str, Any]) -> str:
    counts = value["verdicts"]
    if not any(counts.values()):
        return ""
    parts = [(verdict, verdict.replace("_", " "), counts[verdict]) for verdict in VERDICTS]
    legend = "".join(
        f'<li><button type="button" data-verdict="{kind}"><i class="{kind}"></i>{name} '
        f"<b>{count:,}</b></button></li>"
        for kind, name, count in parts
    )
    return (
        f"<section><h2>What became of the questions</h2>{plots.stacked(parts, 'Verdicts')}"
        f'<ul class="legend">{legend}</ul></section>'
    )


def _losses(value: dict[str, Any]) -> str:
    steps = value["waterfall"]
    if not steps or not steps[0]["left"]:
        return ""
    total = steps[0]["left"]
    rows = "".join(
        f'<tr><th scope="row"><button type="button" data-loss="{step["step"]}">{step["step"]}'
        f'</button><span class="soft">{STEPS[step["step"]]}</span></th>'
        f'<td class="bar"><span class="left" style="width:{step["left"] / total:.2%}"></span>'
        f'<span class="lost" style="width:{step["lost"] / total:.2%}"></span></td>'
        f'<td class="number">{_minus(step["lost"])}</td>'
        f'<td class="number soft">{step["left"]:,}</td></tr>'
        for step in steps[1:]
    )
    return (
        '<section><h2>Where answers are lost</h2><table class="waterfall"><thead><tr>'
        f'<th scope="col">Step</th><th scope="col"><span class="soft">{total:,} questions with an '
        'answer</span></th><th scope="col" class="number">lost</th>'
        f'<th scope="col" class="number">left</th></tr></thead><tbody>{rows}</tbody></table>'
        "</section>"
    )


def _minus(count: int) -> str:
    return f"−{count:,}" if count else "0"


def _curves(value: dict[str, Any]) -> str:
    curves = value["curves"]
    if not curves or not curves["risk_coverage"]:
        return ""
    answered, precision = value["metrics"]["answered"], value["metrics"]["precision"]
    now = None
    if precision["value"] is not None and not value["settings"]["always_answer"]:
        now = (answered["value"], 1 - precision["value"])
    left = plots.risk_coverage(curves["risk_coverage"], now)
    right = plots.reliability(curves["reliability"])
    metrics = value["metrics"]
    return (
        '<section class="two"><figure><h2>Answering fewer, erring less</h2>'
        f"{left}<figcaption>The surest questions first. Area {_number(metrics['aurc'])}; at most "
        f"5 % wrong allows {_percent(metrics['coverage_at_5'])} of the questions. The dot is the "
        "threshold that is set.</figcaption></figure>"
        f"<figure><h2>What confidence is worth</h2>{right}<figcaption>Each dot is a fifteenth of "
        "the scale, as large as its questions are many; on the line confidence is the share right. "
        f"ECE {_number(metrics['ece'])}, Brier score {_number(metrics['brier'])}."
        "</figcaption></figure></section>"
    )


def _number(figure: dict[str, Any]) -> str:
    return "–" if figure["value"] is None else f"{figure['value']:.3f}"


def _percent(figure: dict[str, Any]) -> str:
    return "–" if figure["value"] is None else f"{figure['value']:.0%}"


def _groups(value: dict[str, Any]) -> str:
    tables = [
        _group(GROUPS[kind], groups) for kind, groups in value["groups"].items() if len(groups) > 1
    ]
    return f'<section class="groups">{"".join(tables)}</section>' if tables else ""


def _group(title: str, groups: dict[str, Any]) -> str:
    shown = list(groups.items())[:GROUPS_SHOWN]
    more = len(groups) - len(shown)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{group["questions"]:,}</td>'
        f"<td>{plots.interval(group['right'], group['low'], group['high'])}</td>"
        f'<td class="number">{group["right"]:.0%}</td></tr>'
        for name, group in shown
    )
    return (
        f"<details{' open' if len(groups) <= OPEN_TO else ''}>"
        f"<summary><h2>{title}</h2></summary><table><thead><tr>"
        '<th scope="col">Group</th><th scope="col" class="number">questions</th>'
        '<th scope="col">95 % interval</th><th scope="col" class="number">handled right</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
        + (f'<p class="soft">and {more:,} smaller ones</p>' if more else "")
        + "</details>"
    )


def _figures(value: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(_label(name))}</th><td class="number">{f["value"]:.4f}</td>'
        f'<td class="number soft">{f["low"]:.4f}</td><td class="number soft">{f["high"]:.4f}</td>'
        f'<td class="number">{f["questions"]:,}</td><td class="soft">{_told(name)}</td></tr>'
        for name, f in value["metrics"].items()
        if f["value"] is not None
    )
    times = "".join(
        f'<tr><th scope="row">Milliseconds, {label}</th><td class="number">{f["value"]:.0f}</td>'
        f'<td class="number soft">{f["low"]:.0f}</td><td class="number soft">{f["high"]:.0f}</td>'
        f'<td class="number">{f["questions"]:,}</td>'
        '<td class="soft">Questions asked one by one, as visitors ask them.</td></tr>'
        for key, label in (("p50_ms", "median"), ("p95_ms", "95th percentile"))
        if (f := value["timing"].get(key)) and f["value"] is not None
    )
    return (
        "<section><details><summary><h2>All figures</h2></summary>"
        '<table class="figures"><thead><tr>'
        '<th scope="col">Figure</th><th scope="col" class="number">value</th>'
        '<th scope="col" class="number">from</th><th scope="col" class="number">to</th>'
        '<th scope="col" class="number">questions</th><th scope="col">what it is</th></tr></thead>'
        f"<tbody>{rows}{times}</tbody></table></details></section>"
    )


def _label(name: str) -> str:
    return MEASURES[name].label if name in MEASURES else name


def _told(name: str) -> str:
    return escape(" ".join((MEASURES[name].of.__doc__ or "").split())) if name in MEASURES else ""


def _questions(value: dict[str, Any]) -> str:
    tags = sorted({tag for question in value["questions"] for tag in question["tags"]})
    losses = [step["step"] for step in value["waterfall"][1:] if step["lost"]]
    verdicts = [(v, v.replace("_", " ")) for v in VERDICTS if value["verdicts"][v]]
    columns = {
        "question": "Question",
        "verdict": "Verdict",
        "loss": "Lost",
        "confidence": "Confidence",
        "rank": "Rank of gold",
    }
    heads = "".join(
        f'<th scope="col"><button type="button" data-sort="{key}">{label}</button></th>'
        for key, label in columns.items()
    )
    return (
        '<section id="asked"><h2>Every question</h2><div class="filters">'
        '<label><span class="unseen">Search</span>'
        '<input type="search" id="search" placeholder="Search questions and answers"></label>'
        f"{_select('verdict', 'any verdict', verdicts)}"
        f"{_select('loss', 'lost anywhere', [(loss, loss) for loss in losses])}"
        f"{_select('tag', 'any tag', [(tag, tag) for tag in tags])}"
        '<output id="count"></output></div>'
        f'<table class="questions"><thead><tr>{heads}</tr></thead><tbody id="rows"></tbody></table>'
        '<p><button type="button" id="more">Show more</button></p>'
        "<noscript>The table needs JavaScript; all else on this page does not.</noscript></section>"
    )


def _select(name: str, all_of_them: str, options: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{escape(v)}">{escape(t)}</option>' for v, t in options)
    if not inner:
        return ""
    return (
        f'<label><span class="unseen">{name}</span><select id="{name}">'
        f'<option value="">{all_of_them}</option>{inner}</select></label>'
    )


def _provenance(value: dict[str, Any]) -> str:
    facts = {
        "test set": f"{value['set']['name']}, SHA-256 {value['set']['digest']}",
        "documents": f"SHA-256 {value['index']['documents_digest']}",
        "index": f"SHA-256 {value['index']['digest']}",
        "encoder": value["models"]["encoder"],
        "reader": value["models"]["reader"],
        "settings": ", ".join(f"{key} {one}" for key, one in value["settings"].items()),
        "made": f"{value['created']} with Quoth {value['quoth']}",
    }
    rows = "".join(f"<dt>{key}</dt><dd>{escape(str(one))}</dd>" for key, one in facts.items())
    return f'<footer class="soft"><dl>{rows}</dl></footer>'


def _look() -> str:
    colours = files("qa.web") / "static" / "quoth.css"
    return f"{colours.read_text('utf-8')}\n{_static('report.css')}"


def _static(name: str) -> str:
    return (files("qa.evaluation") / "static" / name).read_text("utf-8")


def _data(questions: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(questions, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
