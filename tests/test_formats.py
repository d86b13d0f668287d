"""Every format gives a whole document: text, blocks, headings, title, address and date."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import formats
from corpus.document import Document, Unreadable

ROOT = Path(__file__).resolve().parent.parent


def read(name: str, source: str | bytes, uri: str = "help/page.html") -> Document:
    data = source.encode() if isinstance(source, str) else source
    return formats.load(name).read(data, uri)


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.of(document.text)) for block in document.blocks]


def paths(document: Document) -> list[tuple[str, ...]]:
    return [tuple(h.of(document.text) for h in s.headings) for s in document.sections]


# --- every format ---------------------------------------------------------------------------


def test_a_format_is_found_by_the_suffix_of_a_file() -> None:
    assert formats.known() == ("html", "markdown", "text")
    assert formats.by_suffix("a/Page.HTML") == "html"
    assert formats.by_suffix(Path("README.md")) == "markdown"
    assert formats.by_suffix("notes.docx") is formats.by_suffix("README") is None
    with pytest.raises(ValueError, match="no format called 'pdf'; known: html, markdown, text"):
        formats.load("pdf")


def test_formats_are_known_without_their_libraries() -> None:
    code = (
        "import sys\n"
        "for name in ('selectolax', 'markdown_it', 'yaml'): sys.modules[name] = None\n"
        "from corpus import formats\n"
        "assert len(formats.suffixes()) > 5\n"
        "print(formats.load('text').read(b'Hello there.', 'a.txt').text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "Hello there.\n"


@pytest.mark.parametrize("name", formats.known())
@pytest.mark.parametrize("source", [b"", b" \r\n\t ", "\ufeff".encode()])
def test_a_source_without_text_says_so(name: str, source: bytes) -> None:
    with pytest.raises(Unreadable, match="holds no text"):
        read(name, source)


@pytest.mark.parametrize("name", formats.known())
def test_a_document_without_a_title_has_the_name_of_its_file(name: str) -> None:
    assert read(name, "One sentence, no more.", "help/opening hours.x").title == "opening hours"


PIECES = st.sampled_from(
    [
        *(
            "é",
            "e\u0301",
            "👩‍👩‍👧",
            "🏴",
            "\r\n",
            "\r",
            "\n",
            "\n\n",
            "\t",
            "    ",
            "\xa0",
            "\u2028",
        ),
        *("&amp;", "&#x301;", "&lt;", "&nbsp;", "\u200b", "\x0c", "\u0b95\u0bbe", "שלום", "ﬁ", "#"),
        *(
            "# ",
            "## ",
            "- ",
            "1. ",
            "> ",
            "```\n",
            "| a | b |\n|-|-|\n",
            "---\n",
            "===\n",
            "[",
            "*",
        ),
        *("<p>", "<div>", "</div>", "<table><tr><td>", "<li>", "<ul>", "</ul>", "<h2>", "<pre>"),
        *("<br>", "<!--", "-->", "<title>", "<script>", "<b hidden>", "<td>", "<dl><dt>", "</td>"),
        *(
            "[",
            "*",
            "\u2028",
            "title: x\n",
            "word " * 3000,
            "A sentence. ",
            "Heading",
            "ß",
            "İ",
            "\x01",
            "<a name=x>",
        ),
    ]
)
SOURCES = st.lists(PIECES | st.text(max_size=20), max_size=25).map("".join)


@pytest.mark.parametrize("name", formats.known())
@given(source=SOURCES)
@settings(max_examples=120, deadline=None)
def test_any_text_gives_the_same_whole_document_twice(name: str, source: str) -> None:
    try:
        document = read(name, source)
    except Unreadable:
        return
    again = read(name, source)
    assert again == document
    assert Document.from_json(document.to_json()) == document
    document.text.encode()
    assert "\0" not in document.text
    assert "\r" not in document.text
    assert document.title.strip()
    end = 0
    for kind, start, stop in document.blocks:
        text = document.text[start:stop]
        between = document.text[end:start]
        assert text.strip()
        assert kind == "code" or text == text.strip()
        assert name == "text" or between in ("", "\n", "\n\n")
        end = stop
    headings = {block for block in document.blocks if block.kind == "heading"}
    for section in document.sections:
        assert set(section.headings) <= headings
    assert len(document.sections) >= len(headings)


# --- HTML -----------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Refunds &amp; returns — Acme Help</title>
<link rel="canonical" href="/help/refunds">
<meta property="article:modified_time" content="2025-03-04T10:00:00Z"></head><body>
<a class="skip-link" href="#main">Skip to content</a>
<div id="cookie-banner"><p>We use cookies.</p><button>Accept</button></div>
<header><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav></header>
<main><h1 id="top">Refunds &amp; returns <a class="headerlink" href="#top">¶</a></h1>
<p>You can ask for a refund
   within <b>30</b>&nbsp;days.<br>Keep the re&#8203;ceipt.</p>
<section id="how"><h2>How to ask</h2><p>To ask:</p>
<ol><li>Write to us<ul><li>by mail</li><li>by <a href="tel:1">phone</a></li></ul></li>
<li><p>Wait.</p><p>It takes a day.</p></li></ol>
<pre><code>line 1

  line 2 &lt;x&gt;
</code></pre></section>
<table><caption>Fees</caption><tr><th>Country<th>Fee</tr><tr><td>UK<td>1 <i>pound</i></tr>
<tr><td><ul><li>US</li><li>Canada</li></ul><td></tr></table>
<dl><dt>Receipt</dt><dd>What you got.</dd></dl>
<details><summary>May I exchange?</summary>Yes.</details>
</main><aside><a href="1">Related</a></aside><footer>© Acme</footer>
<script>var no = "<p>no</p>"</script></body></html>"""


def test_html_is_cut_into_its_blocks() -> None:
    assert blocks(read("html", PAGE)) == [
        ("heading", "Refunds & returns"),
        ("paragraph", "You can ask for a refund within 30 days.\nKeep the receipt."),
        ("heading", "How to ask"),
        ("paragraph", "To ask:"),
        ("step", "Write to us"),
        ("item", "by mail"),
        ("item", "by phone"),
        ("step", "Wait."),
        ("paragraph", "It takes a day."),
        ("code", "line 1\n\n  line 2 <x>"),
        ("paragraph", "Fees"),
        ("header", "Country | Fee"),
        ("row", "UK | 1 pound"),
        ("row", "US Canada |"),
        ("item", "Receipt"),
        ("paragraph", "What you got."),
        ("paragraph", "May I exchange?"),
        ("paragraph", "Yes."),
    ]


def test_html_text_is_its_blocks_apart() -> None:
    text = read("html", PAGE).text
    assert "To ask:\n\nWrite to us\nby mail\nby phone\nWait.\n\nIt takes a day.\n\nline 1" in text
    assert "Fees\n\nCountry | Fee\nUK | 1 pound\nUS Canada |\n\nReceipt" in text


def test_html_says_what_it_is() -> None:
    document = read("html", PAGE)
    assert document.title == "Refunds & returns"
    assert document.url == "/help/refunds"
    assert document.updated == "2025-03-04"
    assert document.language == "en-GB"
    assert [section.anchor for section in document.sections] == ["top", "how"]
    assert paths(document)[1] == ("Refunds & returns", "How to ask")


def test_html_keeps_all_that_a_visitor_sees_beside_the_text() -> None:
    document = read("html", PAGE)
    assert document.page_text is not None
    for seen in ("Skip to content", "We use cookies.", "Home Shop", "© Acme", "Keep the receipt."):
        assert seen in document.page_text
        assert seen == "Keep the receipt." or seen not in document.text
    assert "no</p>" not in document.page_text
    assert 0.1 < document.dropped < 0.3


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>SECRET</p>",
        "<p style='color: red; Display : none'>SECRET</p>",
        "<p style='visibility:hidden'>SECRET</p>",
        "<span style='font-size: 0px'>SECRET</span>",
        "<span style='font-size:0'>SECRET</span>",
        "<span style='opacity:0'>SECRET</span>",
        "<div style='height:0;overflow:hidden'>SECRET</div>",
        "<div style='position:absolute; left:-9999px'>SECRET</div>",
        "<span class='icon sr-only'>SECRET</span>",
        "<template>SECRET</template><noscript>SECRET</noscript><style>SECRET</style>",
        "<dialog>SECRET</dialog><!-- SECRET --><textarea>SECRET</textarea>",
        "<div hidden><div><p>SECRET</p></div></div>",
    ],
)
def test_html_that_nobody_sees_is_not_read(hidden: str) -> None:
    document = read("html", f"<p>Before {hidden} after.</p><p>End.</p>")
    assert "SECRET" not in document.text + (document.page_text or "")
    assert document.text.split() == ["Before", "after.", "End."]


@pytest.mark.parametrize(
    "shown",
    [
        "<span style='opacity:0.5'>SHOWN</span>",
        "<span style='font-size:0.8em'>SHOWN</span>",
        "<div style='width:10%;overflow:hidden'>SHOWN</div>",
        "<div style='border:0;overflow:hidden'>SHOWN</div>",
        "<div hidden='until-found'>SHOWN</div>",
        "<details><p>SHOWN</p></details>",
        "<div class='sidebar'><p>SHOWN as prose, <a href='x'>see</a></p></div>",
        "<aside class='note'><p>SHOWN</p></aside>",
        "<form><p>SHOWN</p></form>",
        "<custom-box><p>SHOWN</p></custom-box>",
        "<div class='cookie-banner-recipe'>SHOWN</div>",
    ],
)
def test_html_that_a_visitor_reads_is_not_lost(shown: str) -> None:
    body = "<p>Some other words that stand here so that the page has text.</p>" * 3
    assert "SHOWN" in read("html", f"{body}{shown}").text


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><a href='a'>GONE</a></nav>",
        "<div role='navigation'>GONE</div>",
        "<div class='navheader'><table><tr><td>GONE</td></tr></table></div>",
        "<div class='toc'><ul><li><a href='a'>GONE</a></li></ul></div>",
        "<div id='cookie-consent-banner' class='gdpr-banner'>GONE</div>",
        "<div role='dialog'>GONE</div>",
        "<aside><a href='a'>GONE</a></aside>",
        "<span aria-hidden='true'>GONE</span>",
        "<footer>GONE</footer><button>GONE</button>",
    ],
)
def test_html_furniture_is_seen_but_not_quoted(furniture: str) -> None:
    body = "<p>Some words that stand here so that the page has text.</p>"
    document = read("html", f"{body}{furniture}<p>End.</p>")
    assert "GONE" not in document.text
    assert "GONE" in (document.page_text or "")
    assert document.text.endswith("End.")


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Fees", "Fees", ["Fees", "More"]),
        ("FEES", " Fees ", ["Fees", "More"]),
        ("Fees | Acme", "Fees", ["Fees", "More"]),
        ("Acme: Fees", "Fees", ["Fees", "More"]),
        ("Fees | Acme", "Acme", ["Fees | Acme", "Acme", "More"]),
        ("Fees — All of them - Acme", "Fees<br>All of them", ["Fees All of them", "More"]),
        ("Fees and more", "Fees", ["Fees and more", "Fees", "More"]),
        ("", "Fees", ["Fees", "More"]),
    ],
)
def test_html_title_stands_once_and_on_top(title: str, heading: str, expected: list[str]) -> None:
    page = f"<title>{title}</title><h1>{heading}</h1><p>It is one.</p><h2>More</h2><p>Two.</p>"
    document = read("html", page)
    assert document.title == expected[0]
    assert [text for kind, text in blocks(document) if kind == "heading"] == expected
    assert paths(document)[-1] == tuple(expected)


def test_html_title_takes_the_place_of_a_first_heading_of_any_level() -> None:
    page = "<title>SELECT</title><h2>SELECT</h2><p>Reads.</p><h2>Notes</h2><p>None.</p>"
    assert paths(read("html", page)) == [("SELECT",), ("SELECT", "Notes")]


def test_html_after_a_box_is_not_under_the_heading_of_the_box() -> None:
    page = """<h1>Guide</h1><h2 id="a">Set up</h2><div class="note"><h3>Note</h3><p>Boxed.</p></div>
    <p>After.</p>"""
    document = read("html", page)
    assert document.heading_path(document.text.index("Boxed")) == ("Guide", "Set up", "Note")
    assert document.heading_path(document.text.index("After")) == ("Guide", "Set up")
    assert document.section_at(document.text.index("After")).anchor == "a"


@pytest.mark.parametrize(
    ("page", "anchor"),
    [
        ("<h2 id=own>T</h2>", "own"),
        ("<h2><a name=inner></a>T</h2>", "inner"),
        ("<div id=outer><div><h2>T</h2></div></div>", "outer"),
        ("<h2>T<a href='#linked'>#</a></h2>", "linked"),
        ("<p id=before>text</p><h2>T</h2>", "before"),
        ("<h2>T</h2>", None),
    ],
)
def test_html_heading_links_to_the_nearest_id(page: str, anchor: str | None) -> None:
    assert read("html", page + "<p>text</p>").sections[-1].anchor == anchor


def test_html_tables_that_only_place_things_are_no_tables() -> None:
    page = """<table><tr><td><h2>Left</h2><p>Text.</p></td>
    <td><table><tr><td>a<td>b</table></td></tr></table>"""
    assert blocks(read("html", page)) == [
        ("heading", "Left"),
        ("paragraph", "Text."),
        ("row", "a | b"),
    ]


def test_html_rows_head_a_table_only_at_its_top() -> None:
    page = """<table><tr><th>Kind<th>Fee</tr><tr><th>Letter<td>1</tr>
    <tr><th colspan=2>Abroad</tr><tr><td>Card<td>2</table><table><tr><td>x<td>y</table>"""
    assert [kind for kind, _ in blocks(read("html", page))] == ["header", *["row"] * 4]
    assert read("html", page).text.endswith("Card | 2\n\nx | y")


def test_html_text_without_paragraphs_is_read() -> None:
    page = "Loose<div>In a div <b>bold</b><div>inner</div>tail</div>one<br><br>two<br>three"
    texts = [text for _, text in blocks(read("html", page))]
    assert texts == ["Loose", "In a div bold", "inner", "tail", "one", "two\nthree"]


def test_html_raised_figures_do_not_become_other_numbers() -> None:
    page = "<p>10<sup>6</sup> or 2<sup>-3</sup>, H<sub>2</sub>O, 1<sup>st</sup></p>"
    assert read("html", page).text == "10⁶ or 2⁻³, H₂O, 1st"


def test_html_pictures_stand_for_words_only_within_a_line() -> None:
    page = "<p>Press <img alt='Save'> now.</p><p><img alt='Logo'></p>"
    assert read("html", page).text == "Press Save now."


@pytest.mark.parametrize(
    "head",
    ['<meta charset="windows-1251">', '<?xml version="1.0" encoding="windows-1251"?>'],
)
def test_html_names_its_encoding(head: str) -> None:
    page = f"{head}<p>Договор вступил в силу</p>".encode("cp1251")
    assert read("html", page).text == "Договор вступил в силу"


def test_xhtml_empty_elements_end_where_they_stand() -> None:
    page = "<?xml version='1.0'?><html><head><title/><script src='x'/></head><body><p>a</p></body>"
    assert read("html", page).text == "a"


def test_html_deeper_than_the_limit_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 512 deep"):
        read("html", "<div>" * 600 + "x")
    assert read("html", "<div>" * 400 + "x").text == "x"


# --- Markdown -------------------------------------------------------------------------------

NOTES = """---
title: Notes on *fees*
date: 2024-02-03
url: /notes/fees/
lang: en_US
---

# Fees

A line
goes on with a [link](x), `code` and **bold** &amp; ![a picture](p.png) more.

## How much? {#much}

| Kind | Fee |
|------|-----|
| a\\|b  | 1   |

1. First
2. Second
   - nested

```sh
$ run  this

  now
```

## How much?

<details><summary>More</summary>

Hidden **answer**.

</details>

Use the <title> tag.<br>And <span hidden>not</span> this. <!-- nor this -->
"""


def test_markdown_is_cut_into_its_blocks() -> None:
    assert blocks(read("markdown", NOTES)) == [
        ("heading", "Notes on *fees*"),
        ("heading", "Fees"),
        ("paragraph", "A line goes on with a link, code and bold & a picture more."),
        ("heading", "How much?"),
        ("header", "Kind | Fee"),
        ("row", "a|b | 1"),
        ("step", "First"),
        ("step", "Second"),
        ("item", "nested"),
        ("code", "$ run  this\n\n  now"),
        ("heading", "How much?"),
        ("paragraph", "More"),
        ("paragraph", "Hidden answer."),
        ("paragraph", "Use the <title> tag.\nAnd this."),
    ]


def test_markdown_says_what_it_is() -> None:
    document = read("markdown", NOTES)
    assert (document.title, document.url) == ("Notes on *fees*", "/notes/fees/")
    assert (document.updated, document.language) == ("2024-02-03", "en-US")
    anchors = [section.anchor for section in document.sections]
    assert anchors == [None, "fees", "much", "how-much"]
    assert paths(document)[-1] == ("Notes on *fees*", "Fees", "How much?")


def test_markdown_headings_are_named_as_github_does() -> None:
    source = "# What's new?\n\n## API & CLI_2\n\n## Ünï cøde\n\n## Same\n\n## Same\n\ntext"
    anchors = [section.anchor for section in read("markdown", source).sections]
    assert anchors == ["whats-new", "api--cli_2", "ünï-cøde", "same", "same-1"]


@pytest.mark.parametrize(
    "front",
    [
        "title: [unclosed",
        "title: {a: b",
        "date: 2024-13-45",
        "- a\n- list",
        "just words",
        "&a [*a]",
        "title: " + "[" * 3000,
        "? !!python/object:os.system x",
        "a: &a [x,x]\nb: &b [*a,*a]\ntitle: [*b,*b]",
    ],
)
def test_markdown_with_bad_front_matter_is_still_read(front: str) -> None:
    document = read("markdown", f"---\n{front}\n---\n\n# Page\n\nText.")
    assert document.title in ("Page", "[[['x', 'x'], ['x', 'x']], [['x', 'x'], ['x', 'x']]]")
    assert document.text.endswith("Page\n\nText.")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("updated: 2026-05-20\ndate: 2020-01-01", "2026-05-20"),
        ("last_modified: 2026-05-20T10:00:00+02:00", "2026-05-20"),
        ("updated: May 20, 2026", "2026-05-20"),
        ("Updated: 20 May 2026", "2026-05-20"),
        ("updated: Wed, 20 May 2026 10:00:00 GMT", "2026-05-20"),
        ("updated: soon", None),
        ("updated: 2026-02-30", None),
        ("updated: 7", None),
    ],
)
def test_markdown_dates_are_read_in_many_forms(front: str, expected: str | None) -> None:
    assert read("markdown", f"---\n{front}\n---\ntext").updated == expected


@pytest.mark.parametrize("tag", ["title", "textarea", "script", "style", "xmp", "plaintext", "!--"])
@pytest.mark.parametrize("before", ["", "The element "])
def test_markdown_that_names_a_tag_loses_nothing_after_it(tag: str, before: str) -> None:
    source = f"First.\n\n{before}<{tag}> is special.\n\n## Next\n\nLast."
    text = read("markdown", source).text
    assert text.startswith("First.")
    assert tag in ("script", "style", "textarea", "!--") or text.endswith("Next\n\nLast.")


def test_markdown_reads_the_same_with_any_line_ends() -> None:
    text = read("markdown", NOTES).text
    assert read("markdown", NOTES.replace("\n", "\r\n")).text == text
    assert read("markdown", "\ufeff" + NOTES).text == text


# --- plain text -----------------------------------------------------------------------------

BROCHURE = """For the complete documentation index, see llms.txt.
Skip to main content
New

Budapest Convention on Cybercrime

Updated May 20, 2026

The 2001 treaty that is the main framework for cooperation on cybercrime, with 76 parties \
as of 2024, among them many that are not members of the Council of Europe.

What It Requires

It requires parties to criminalize:

  • Illegal access to computer systems.
  • Data interference: unauthorized
    alteration of data.

Frequently asked questions

No — Russia has consistently opposed the Convention and pushed for another one.
Talk to founder
"""


def test_text_copied_from_a_page_is_cut_into_its_blocks() -> None:
    document = read("text", BROCHURE)
    assert document.text == BROCHURE
    assert (document.title, document.updated) == ("Budapest Convention on Cybercrime", "2026-05-20")
    assert [kind for kind, _ in blocks(document)] == [
        *("heading", "paragraph", "heading", "paragraph", "item", "item", "heading", "paragraph"),
    ]
    assert ("item", "Illegal access to computer systems.") in blocks(document)
    quoted = " ".join(text for _, text in blocks(document))
    for furniture in ("llms.txt", "Skip to", "New", "Updated", "Talk to founder"):
        assert furniture not in quoted
    assert paths(document) == [
        ("Budapest Convention on Cybercrime",),
        ("Budapest Convention on Cybercrime", "What It Requires"),
        ("Budapest Convention on Cybercrime", "Frequently asked questions"),
    ]


MANUAL = """THE PUMP
========

1. Safety

Switch it off before you open the lid. The lid is heavy and it needs two
people to lift it
- never alone.

1.1 Children

Keep them away:
 1. at work,
 2. at rest, and when nobody is there to look
    after them.

Care
----

WHAT YOU NEED
Oil and
a cloth.

    $ pump --clean;
    $ pump --dry;

Size      Oil
small     1 l
large     2 l

Is it loud?

A little.
"""


def test_text_that_is_wrapped_is_cut_into_its_blocks() -> None:
    assert blocks(read("text", MANUAL)) == [
        ("heading", "THE PUMP"),
        ("heading", "1. Safety"),
        (
            "paragraph",
            "Switch it off before you open the lid. The lid is heavy and it needs two\n"
            "people to lift it",
        ),
        ("item", "never alone."),
        ("heading", "1.1 Children"),
        ("paragraph", "Keep them away:"),
        ("step", "at work,"),
        ("step", "at rest, and when nobody is there to look\n    after them."),
        ("heading", "Care"),
        ("heading", "WHAT YOU NEED"),
        ("paragraph", "Oil and\na cloth."),
        ("code", "    $ pump --clean;\n    $ pump --dry;"),
        ("code", "Size      Oil\nsmall     1 l\nlarge     2 l"),
        ("heading", "Is it loud?"),
        ("paragraph", "A little."),
    ]


def test_text_headings_stand_under_each_other() -> None:
    found = paths(read("text", MANUAL))
    assert found[2] == ("THE PUMP", "1. Safety", "1.1 Children")
    assert all(path[0] == "THE PUMP" for path in found)


@pytest.mark.parametrize(
    "line",
    [
        "Sincerely yours,",
        "it goes on without a capital",
        "A sentence that ends.",
        "We ship to:",
        "https://example.org/page",
        "x = 5",
        "12345",
        "A line that is too long to be a heading because headings are short and this is not",
    ],
)
def test_text_lines_that_only_stand_alone_are_no_headings(line: str) -> None:
    document = read("text", f"First words of a text.\n\n{line}\n\nMore words follow here.\n")
    assert "heading" not in [kind for kind, _ in blocks(document)]


def test_text_that_lists_lines_has_no_heading_for_each() -> None:
    names = "\n\n".join(["Albania", "Belgium", "Canada", "Denmark"])
    document = read("text", f"The parties are these.\n\n{names}\n\nThat is all of them.\n")
    assert [kind for kind, _ in blocks(document)].count("heading") <= 1


def test_text_keeps_everything_but_its_line_ends() -> None:
    source = "\ufeffA\tb \r\n\r\n  c\u200b\xa0d\re\u0301\n\n\n"
    assert read("text", source).text == "A\tb \n\n  c\u200b\xa0d\ne\u0301\n\n\n"


def test_text_blocks_of_a_large_file_come_quickly() -> None:
    source = "Some words in a line.\n\n- item\n\nA Heading\n\n" * 5_000
    assert len(read("text", source).blocks) == 15_000
