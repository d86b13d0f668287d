"""Gradio's page in, ours out: our name, style and script in its head, its advertising out.

Nothing here has to match for the page to work: what a later Gradio writes differently stays in.
"""

from __future__ import annotations

import re

from qa.web.assets import address
from qa.web.markup import Html, element, join

# Inline scripts are kept from running by the Content-Security-Policy anyway; Gradio's page then
# asks for its configuration. Its `<meta>` tags name Gradio's own site and picture.
_REMOVED = re.compile(
    r'<meta\s+(?:property="og:|name="twitter:)[^>]*>'
    r"|<base\b[^>]*>"
    r'|<link rel="manifest"[^>]*>'
    r"|<script(?![^>]*\bsrc=)[^>]*>.*?</script>",
    re.DOTALL,
)


def front(page: str, *, title: str, root_path: str) -> str:
    head = join(
        element("title", title),
        Html('<meta name="color-scheme" content="light dark">'),
        Html(f'<link rel="icon" href="{address("quoth.svg", root_path)}">'),
        Html(f'<link rel="stylesheet" href="{address("quoth.css", root_path)}">'),
        Html(f'<link rel="stylesheet" href="{address("chat.css", root_path)}">'),
        Html(f'<script defer src="{address("quoth.js", root_path)}"></script>'),
    )
    without = element(
        "noscript", element("p", "Asking needs JavaScript; it is switched off in this browser.")
    )
    page = _REMOVED.sub("", page)
    return page.replace("</head>", f"{head}</head>", 1).replace("</body>", f"{without}</body>", 1)
