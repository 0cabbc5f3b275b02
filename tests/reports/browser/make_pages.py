#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pages that the tests of the HTML report look at: the real program over real scenarios, and over a corpus of
names, keys, claims and expressions that try to be markup, script or style.

make_pages.py PROGRAM SCENARIOS FOLDER
"""
import json
import pathlib
import subprocess
import sys

program, scenarios, folder = (pathlib.Path(argument).absolute() for argument in sys.argv[1:4])
own = pathlib.Path(__file__).parent / "scenarios"

# Each of these runs or changes the page where it gets through.
HOSTILE = [
    "</script><script>window.pwned=1</script>",
    "\"><img src=x onerror=\"window.pwned=1\">",
    "' onmouseover='window.pwned=1' x='",
    "<svg onload=window.pwned=1><animate onbegin=window.pwned=1>",
    "</style><style>*{display:none}</style>",
    "</title></head><body onload=window.pwned=1>",
    "<!--<script>window.pwned=1//--><!]]>",
    "javascript:window.pwned=1",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;&#60;img src=x onerror=window.pwned=1&#62;",
    "<base href=//evil.invalid/><link rel=stylesheet href=//evil.invalid/x><meta http-equiv=refresh content=0;url=//evil.invalid/>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "`window.pwned=1`${window.pwned=1}{{constructor.constructor('window.pwned=1')()}}",
    "\u2028window.pwned=1\u2029\u202egnp.exe\u0007\u001b[31m\u0000",
    "<a href=\"javascript:window.pwned=1\" id=\"content\" name=\"data\">x</a><form id=\"chart-data\"></form>",
    "W" * 3000,
]


def hostile_scenario(text):
    """The same text everywhere that a user writes."""
    literal = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\u0000", "").replace("\u0007", "\\u0007").replace("\u001b", "\\u001b").replace("\u202e", "\\u202e")
    name = text.replace("\u0000", "")
    return {
        "flowtank": 1,
        "title": "T" + text,
        "claim": "C" + text,
        "brokers": {"b" + name: {"kind": "ideal", "channels": {"orders": {}, "payments": {}}}},
        "services": {"order": {"use": "order", "with": {"publish": "outbox"}},
                     "payment": {"use": "payment", "with": {"publish": "outbox", "consume": "naive"}}},
        "clients": {"c" + name: {"sends": "PlaceOrder", "to": "order", "count": 3,
                                 "data": {"order_id": "='k" + literal + "' + string(n)", "amount_cents": "=100 + n"}}},
        "faults": [{"name": "f" + name, "kind": "duplicate", "on": {"channel": "orders", "consumer": "payment"}, "budget": 1, "nth": 2},
                   {"name": "g" + name, "kind": "crash", "on": {"service": "payment"}, "budget": 1, "nth": 2, "restart_after_ms": 20}],
        "properties": [{"name": "p" + name, "for": "c in payment.charges", "always": "c.times <= 1 || c.order_id == '" + literal + "'"},
                       {"name": "q" + name, "for": "o in order.orders", "at_quiescence": "o.status == 'paid'"}],
        "check": {"clients": {"c" + name: 1}},
    }


def make(name, *arguments, exit=0):
    page = folder / (name + ".html")
    ran = subprocess.run([str(program), *map(str, arguments), "--report", f"html={page}"], cwd=folder, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if ran.returncode != exit or not page.exists():
        sys.exit(f"{name}: exit {ran.returncode}, not {exit}\n{' '.join(map(str, arguments))}\n{ran.stdout.decode(errors='replace')}")
    return page


folder.mkdir(parents=True, exist_ok=True)
for old in folder.glob("*.html"):
    old.unlink()
models = ["--models", scenarios.parent / "models" / "services"]
make("duplicate", "check", scenarios / "store-payment-without-inbox-duplicate.json", "--save", folder)
make("eshop", "check", scenarios / "eshop/d03-duplicate-paid.json", "--no-save")
make("proof", "check", scenarios / "store-all-patterns-crash-duplicate.json", "--no-save")
make("many", "check", scenarios / "store/1-naive.json", "--no-save")
make("campaign", "check", scenarios / "store/1-naive.json", "--strategy", "random", "--runs", "300", "--no-save")
make("lineage", "check", scenarios / "store-payment-without-inbox-duplicate.json", "--strategy", "lineage", "--no-save")
make("undecided", "check", scenarios / "store-all-patterns-crash-duplicate.json", "--states", "50", "--no-save", exit=4)
make("run", "run", scenarios / "store/1-naive.json", "--save", folder)
make("kafka", "run", scenarios / "kafka/java-poll-loop.json", "--no-save")
make("vacuous", "run", own / "never-struck.json", *models, "--no-save")
make("nothing", "check", own / "nothing-asked.json", *models, "--no-save")
make("replay", "replay", folder / "store-payment-without-inbox-duplicate.check.counterexample")
make("idempotency", "idempotency", scenarios / "store/1-naive.json", "--no-save", exit=1)
make("brokers", "check", scenarios / "sns_sqs/lost-answer-fifo.json", "--brokers", "all", "--no-save", exit=1)
make("sweep", "check", scenarios / "sns_sqs/lost-answer-fifo.json", "--sweep", "services.payment.with.consume=naive,inbox", "--sweep", "clients.shoppers.count=1..2", "--no-save")
make("commute", "commute", scenarios / "store/1-naive.json", "--no-save", exit=1)
for number, text in enumerate(HOSTILE):
    file = folder / f"hostile-{number}.json"
    file.write_text(json.dumps(hostile_scenario(text)))
    make(f"hostile-{number}", "run", file, *models, "--no-save", "--no-shrink", exit=1)
    if number in (0, 1, 8):
        make(f"hostile-check-{number}", "check", file, *models, "--no-save", "--states", "3000", exit=1)
        make(f"hostile-idempotency-{number}", "idempotency", file, *models, "--no-save", "--local", "--states", "3000", exit=1)
        make(f"hostile-brokers-{number}", "run", file, *models, "--brokers", "ideal,rabbitmq", exit=1)
        make(f"hostile-sweep-{number}", "run", file, *models, "--sweep", "services.payment.with.consume=naive,inbox", "--sweep", f"title=x,{json.dumps(text)}", exit=1)
        make(f"hostile-commute-{number}", "commute", file, *models, "--no-save", "--local", "--states", "3000", exit=4)
# The same input gives the same bytes.
first = (folder / "duplicate.html").read_bytes()
again = make("duplicate", "check", scenarios / "store-payment-without-inbox-duplicate.json", "--save", folder)
if first != again.read_bytes():
    sys.exit("two reports of the same check differ")
print(f"{len(list(folder.glob('*.html')))} pages, {sum(p.stat().st_size for p in folder.glob('*.html')) // 1024} KB")
