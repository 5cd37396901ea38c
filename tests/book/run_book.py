#!/usr/bin/env python3
"""Tests of remit book: the page stands alone, is well formed, and leads to every deadline.

    run_book.py [NAME...]       runs the tests whose names contain a NAME, or all

The tests in a browser are skipped, and say so, where there is no Chromium. The last line is
`N passed, N failed[, N skipped]`; the exit code is 1 when any failed.
"""

import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REMIT = os.environ.get("REMIT", os.path.join(ROOT, "build", "remit"))
POLICIES = ["rules/department", "rules/department-zh", "rules/shop", "rules/expenses"]
VOID = {"meta", "link", "br", "input", "rect", "path", "circle", "line"}
HOSTILE = '''policy "<script>alert(1)</script> & \\"Co\\"" version "<b>1</b>" { zone "UTC" }
role boss "<img src=x onerror=alert(2)>"
event asked "|a|*b*`c`" { ask: id }
-- <script>alert(3)</script>
duty answer "</td></table><script>alert(4)</script>" on asked as a {
  owed by boss
  due within 2 hours
  fulfilled by remit.reported
  when breached { notify boss "<script>alert(5)</script>" }
}
'''

TESTS = []


class Skipped(Exception):
    """The test needs what isn't there; its text says what."""


def test(function):
    TESTS.append(function)
    return function


class Page(html.parser.HTMLParser):
    """Ids, references, text and elements that aren't closed."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.refs, self.outside, self.open, self.crossed, self.scripts = [], [], [], [], [], 0
        self.handlers, self.sections, self.links_of, self.section = [], {}, {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "section":
            self.section = named.get("id")
        if tag == "a" and "href" in named:
            self.refs.append(named["href"])
            self.links_of.setdefault(self.section, []).append(named["href"])
        self.scripts += tag == "script"
        self.handlers += [name for name in named if name.startswith("on")]
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = named.get(name)
            if value is not None and not value.startswith("#") and value != "data:,":
                self.outside.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crossed.append((tag, self.getpos()))


def book(*args, cwd=ROOT, check=True):
    done = subprocess.run([REMIT, "book", *args], cwd=cwd, capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError("remit book %s ended with %d: %s" % (" ".join(args), done.returncode, done.stderr))
    return done.stdout


def policies():
    return [p for p in POLICIES if os.path.isdir(os.path.join(ROOT, p))]


def need(holds, what):
    if not holds:
        raise AssertionError(what)


@test
def each_link_resolves():
    for policy in policies():
        for lang in ("en", "zh"):
            text = book("--policy", policy, "--lang", lang)
            page = Page(text)
            ids = set(page.ids)
            need(len(ids) == len(page.ids), "%s: an id stands twice" % policy)
            dead = {r for r in page.refs if urllib.parse.unquote(r[1:]) not in ids}
            need(not dead, "%s: links to nothing: %s" % (policy, sorted(dead)[:5]))
            need(not page.crossed and not page.open, "%s: not well formed: %s" % (policy, page.crossed[:3]))
            need(not page.outside, "%s: asks for %s" % (policy, page.outside[:3]))
            need("@import" not in text and "url(" not in text, "the style loads something")


@test
def markdown_links_resolve():
    for policy in policies():
        text = book("--policy", policy, "--markdown")
        ids = set(re.findall(r'<a id="([^"]+)">', text))
        dead = {r for r in re.findall(r"\]\(#([^)]+)\)", text) if r not in ids}
        need(not dead, "%s: links to nothing: %s" % (policy, sorted(dead)[:5]))
        for line in text.split("\n"):
            if line.startswith("| ") and "---" not in line:
                need(line.endswith("|"), "a row that isn't closed: %s" % line[:80])


@test
def titles_are_harmless():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "p.remit"), "w", encoding="utf-8") as out:
            out.write(HOSTILE)
        for lang in ("en", "zh"):
            text = book("--policy", "p.remit", "--lang", lang, cwd=folder)
            page = Page(text)
            need(page.scripts == 1, "%d scripts" % page.scripts)
            need(not page.handlers and not page.crossed and not page.open, "a title became an element")
            need("&lt;script&gt;alert(4)" in text, "the title is not shown")
            marked = book("--policy", "p.remit", "--lang", lang, "--markdown", cwd=folder)
            need("<script" not in marked and "<img" not in marked, "Markdown holds an element of a title")


@test
def each_deadline_in_three_clicks():
    """Contents, the duty, its deadline: the list of deadlines links each duty, and says the deadline."""
    for policy in policies():
        text = book("--policy", policy, "--lang", "en")
        page = Page(text)
        duties = {i for i in page.ids if i.startswith("duty-")}
        need("#deadlines" in page.refs, "%s: no link to the deadlines" % policy)
        listed = {r[1:] for r in page.links_of.get("deadlines", [])}
        need(duties and duties <= listed, "%s: not in the list: %s" % (policy, sorted(duties - listed)[:5]))
        for duty in duties:
            article = text.split('<article id="%s"' % duty, 1)[1].split("</article>", 1)[0]
            need('<th scope="row">Due</th><td>' in article, "%s: %s has no deadline" % (policy, duty))
            need("<td></td>" not in article.split("Due</th>", 1)[1][:60], "%s: the deadline is empty" % duty)


@test
def a_bundle_gives_the_same_book():
    with tempfile.TemporaryDirectory() as folder:
        bundle = os.path.join(folder, "p.remitc")
        subprocess.run([REMIT, "build", "rules/department", "--output", bundle], cwd=ROOT, check=True,
                       capture_output=True, timeout=120)
        need(book("--policy", bundle) == book("--policy", "rules/department"), "the books differ")


# ---- in a browser

def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    raise Skipped("there is no Chromium")


def chromium(folder, *args):
    return subprocess.run([browser(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                           "--user-data-dir=" + os.path.join(folder, "profile"), "--virtual-time-budget=4000",
                           "--enable-logging=stderr", "--v=0", *args],
                          capture_output=True, text=True, timeout=120)


PROBE = '''<script>
addEventListener('load', function () {
  var f = document.getElementById('find'), o = document.getElementById('found'), said = [];
  f.value = %s; f.dispatchEvent(new Event('input'));
  said.push('hidden=' + o.hidden, 'first=' + (o.querySelector('a') || {hash: ''}).hash);
  if (o.querySelector('a')) o.querySelector('a').click();
  said.push('closed=' + o.hidden);
  f.value = 'no such thing at all'; f.dispatchEvent(new Event('input'));
  said.push('none=' + o.querySelectorAll('a').length);
  said.push('wide=' + (document.documentElement.scrollWidth > innerWidth));
  document.documentElement.setAttribute('data-said', said.join(' '));
});
</script>'''


def opened(folder, text, query, size):
    path = os.path.join(folder, "book.html")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text.replace("</body>", PROBE % query + "</body>"))
    done = chromium(folder, "--window-size=%s" % size, "--dump-dom", "file://" + path)
    said = re.search(r'data-said="([^"]*)"', done.stdout)
    need(said, "the page did not run: %s" % done.stderr[-300:])
    wrong = [line for line in done.stderr.split("\n") if "CONSOLE" in line]
    need(not wrong, "the console says %s" % wrong[:3])
    return dict(part.split("=", 1) for part in said[1].split(" "))


@test
def search_finds_a_duty():
    browser()
    for lang, query in (("en", "'answer_question'"), ("zh", "'\\u56de\\u590d\\u54a8\\u8be2'")):
        text = book("--policy", "rules/department", "--lang", lang)
        with tempfile.TemporaryDirectory() as folder:
            said = opened(folder, text, query, "1280,900")
        need(said["hidden"] == "false" and said["first"] == "#duty-answer_question", said)
        need(said["closed"] == "true" and said["none"] == "0", said)
        need(said["wide"] == "false", "the page is wider than a desktop's window")


@test
def fits_a_phone():
    browser()
    for lang in ("en", "zh"):
        text = book("--policy", "rules/department", "--lang", lang)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "frame.html")
            with open(os.path.join(folder, "inner.html"), "w", encoding="utf-8") as out:
                out.write(text)
            with open(path, "w", encoding="utf-8") as out:
                out.write("<iframe src=inner.html width=390 height=800></iframe><script>onload=function(){"
                          "var d=document.querySelector('iframe').contentDocument.documentElement;"
                          "document.body.setAttribute('data-wide',d.scrollWidth)}</script>")
            done = chromium(folder, "--allow-file-access-from-files", "--dump-dom", "file://" + path)
            wide = re.search(r'data-wide="(\d+)"', done.stdout)
            need(wide and int(wide[1]) <= 390, "%s: as wide as %s" % (lang, wide and wide[1]))


@test
def prints():
    browser()
    text = book("--policy", "rules/department")
    with tempfile.TemporaryDirectory() as folder:
        path, pdf = os.path.join(folder, "book.html"), os.path.join(folder, "book.pdf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        chromium(folder, "--print-to-pdf=" + pdf, "file://" + path)
        need(os.path.exists(pdf) and os.path.getsize(pdf) > 20000, "nothing was printed")


def main(names):
    passed = failed = skipped = 0
    for function in TESTS:
        if names and not any(n in function.__name__ for n in names):
            continue
        try:
            function()
            passed += 1
        except Skipped as why:
            skipped += 1
            print("skipped %s: %s" % (function.__name__, why))
        except Exception:    # any failure is that test's, and told with its trace
            failed += 1
            print("FAILED %s" % function.__name__)
            traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
