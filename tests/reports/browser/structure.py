#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges pages by a parser that is not ours: html5lib, strictly. Only elements and attributes that the report writes may be
there, whatever the names in a scenario say; anchors must lead somewhere, headings stand in order, nothing names another file.

structure.py FOLDER
"""
import os
import pathlib
import re
import sys

try:
    import html5lib
except ImportError:
    print("SKIPPED: python3-html5lib is not installed (./dev test installs it)")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

ELEMENTS = set("""html head meta title style body header p b h1 dl div dt dd nav ul li a main section h2 h3 h4 h5 span strong code pre
    footer script table thead tbody tr th td figure figcaption details summary ol del ins
    svg defs symbol pattern circle path rect line text g use""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class id href role aria-label aria-labelledby aria-hidden aria-live tabindex scope colspan type
    data-counterexample data-step data-edge data-chart viewBox width height x y x1 x2 y1 y2 cx cy r rx d transform patternUnits patternTransform
    preserveAspectRatio""".split())
SVG = "{http://www.w3.org/2000/svg}"


def problems_of(path):
    text = path.read_text(encoding="utf-8")
    try:
        page = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False).parse(text)
    except html5lib.html5parser.ParseError as error:
        yield f"is not well-formed: {error}"
        return
    ids, links, level, scripts = set(), [], 0, []
    for element in page.iter():
        if not isinstance(element.tag, str):
            yield f"has a comment: {element.text!r}"
            continue
        tag = element.tag.replace(SVG, "")
        if tag not in ELEMENTS:
            yield f"has an element <{tag}>"
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES:
                yield f"has an attribute {name}={value!r} at <{tag}>"
            if name == "id":
                if value in ids:
                    yield f"has the id {value!r} twice"
                ids.add(value)
            if name == "href":
                links.append(value)
            if name in ("aria-labelledby",):
                links.extend("#" + part for part in value.split())
        if re.fullmatch("h[1-6]", tag):
            now = int(tag[1])
            if now > level + 1:
                yield f"goes from h{level} to h{now}: {''.join(element.itertext())[:60]!r}"
            level = now
            if not "".join(element.itertext()).strip():
                yield f"has an empty h{now}"
        if tag == "script":
            scripts.append(element)
        if tag == "td" and element.text is None and len(element) == 0 and element.get("class") not in ("sign", "number", "wrong", "", None):
            yield "has an empty cell with a meaning"
    for link in links:
        if not link.startswith("#") or link[1:] not in ids:
            yield f"has a link to {link!r}"
    kinds = [script.get("type") for script in scripts]
    if kinds.count(None) != 1 or any(kind not in (None, "application/json") for kind in kinds) or any(script.get("src") for script in scripts):
        yield f"has scripts {kinds}"
    policy = [m.get("content") for m in page.iter("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    if len(policy) != 1 or not policy[0].startswith("default-src 'none'; style-src 'sha256-") or "unsafe" in policy[0]:
        yield f"has the policy {policy}"
    if [e.tag for e in page.iter("main")] != ["main"] or len(list(page.iter("h1"))) != 1:
        yield "has not one main and one h1"
    if re.search(r"(?:/tmp/|/home/|/root/|/work/)", text):
        yield "names a folder of this machine"
    if any(ord(c) < 32 and c != "\n" for c in text) or re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", text):
        yield "has control characters"
    if len(text.encode()) > 5_000_000:
        yield "is larger than 5 MB"


def main():
    # The judge sees what it is there for.
    planted = pathlib.Path(sys.argv[1]) / "planted.html"
    good = (pathlib.Path(sys.argv[1]) / "duplicate.html").read_text(encoding="utf-8")
    for wrong in ("<b onclick='x'>x</b>", "<img src='x'>", "<div>x", "<a href='https://example.org/'>x</a>", "<h2>a</h2><h5>b</h5>", "<i id='content'>x</i>", "<!-- x -->",
                  "<script>x</script>", "&nope;", "\u202e"):
        planted.write_text(good.replace("</main>", wrong + "</main>"), encoding="utf-8")
        if not list(problems_of(planted)):
            sys.exit(f"the judge does not see {wrong}")
    planted.unlink()
    pages = sorted(pathlib.Path(sys.argv[1]).glob("*.html"))
    bad = 0
    for page in pages:
        for problem in problems_of(page):
            print(f"{page.name} {problem}")
            bad += 1
    print(f"{len(pages)} pages, {bad} problems")
    sys.exit(1 if bad or not pages else 0)


main()
