// SPDX-License-Identifier: Apache-2.0
// Help that teaches: verdicts, strengths and exit codes are explained where they are first met.
#include "cli/help_text.hpp"

#include <string>

namespace flowtank::cli {

std::string_view main_help() {
  return R"(Flowtank runs event-driven services as a deterministic simulation, injects faults, and says whether
the system stays consistent.

  flowtank run SCENARIO.json       one run in virtual time, from one seed
  flowtank check SCENARIO.json     every order of events and faults within the scenario's bounds
  flowtank merge FILE...           the shards of a sampled campaign, put together
  flowtank replay FILE             a counterexample again, step by step the same
  flowtank shrink SCENARIO.json FILE   a counterexample made as small as it gets, as a scenario of its own
  flowtank trace FILE              what a run recorded: causes, states, histories
  flowtank export FILE             a trace for Jaeger, Zipkin, Perfetto, OpenTelemetry and others
  flowtank diff A B                what two runs, reports or campaigns have not in common
  flowtank idempotency SCENARIO.json   which handlers may be handed a message twice
  flowtank commute SCENARIO.json   which messages may arrive in any order
  flowtank rebuild SCENARIO.json   which read models can be built again from their events
  flowtank compare SCENARIO.json   whether a changed scenario ends as the old one does
  flowtank lint SCENARIO.json      errors and risks of a scenario, without running it
  flowtank graph SCENARIO.json     who talks to whom: for Graphviz, Mermaid or programs
  flowtank eval EXPRESSION         one expression of the language that scenarios use
  flowtank explain [TOPIC [NAME]]  what a kind of fault, property or broker is, with its parameters
  flowtank conform VECTOR.json...  what real brokers were seen to do, against the models of them

  flowtank COMMAND --help          the options of a command, with examples
  flowtank version [--json]        the version, and how it was built
  flowtank completions bash|zsh|fish   what a shell needs to complete command lines
  flowtank manual [COMMAND]        this help as a manual page

Verdicts
  PASS           it held: "proved" within the bounds (check), "tested" in many runs (check --strategy random),
                 "observed" in one run (run)
  FAIL           it did not; the shortest story of how is printed, and a file that replays it is written
  INCONCLUSIVE   a limit came first; what was covered is said
  VACUOUS        nothing was shown: a fault never took effect, or what it is about never happened

Exit codes
  0  every expectation of the scenario is met; what it does not list must PASS
  1  an expectation is not met            2  bad input, nothing was run
  3  a fault of Flowtank itself           4  inconclusive where that was not expected
  130, 143  interrupted (what was covered is still reported)

Models are looked for beside the scenario and in the folders above it, then with --models, then in FLOWTANK_MODELS
(folders, separated by colons), then where Flowtank is installed.
NO_COLOR and --ascii are heeded; results go to stdout, everything else to stderr. Where CI is set, run and check ask
everything twice and compare (--no-verify-determinism: once).
)";
}

namespace {

// The line of a command in the list of commands, behind "flowtank NAME ": operand, two blanks or more, what it does.
std::string_view row_of(std::string_view command) {
  const std::string begin = "\n  flowtank " + std::string(command) + " ";
  const std::string_view help = main_help();
  const std::size_t at = help.find(begin);
  if (at == std::string_view::npos) return "";
  const std::size_t from = at + begin.size();
  return help.substr(from, help.find('\n', from) - from);
}

}  // namespace

std::string_view operand_of(std::string_view command) {
  const std::string_view row = row_of(command);
  return row.starts_with(' ') ? "" : row.substr(0, row.find("  "));
}

std::string_view line_of(std::string_view command) {
  const std::string_view row = row_of(command);
  const std::size_t gap = row.find("  ");
  if (gap == std::string_view::npos) return "";
  const std::size_t text = row.find_first_not_of(' ', gap);
  return text == std::string_view::npos ? "" : row.substr(text);
}

std::string_view summary_of(std::string_view command) {
  if (command == "run") return "Runs a scenario once in virtual time and judges its properties. The same seed gives the same run.";
  if (command == "check") return "Explores every order of events and faults of a scenario, and proves its properties or finds a shortest\ncounterexample.";
  if (command == "merge") return "Puts the campaign files of all shards together, and says what the campaign that was not cut would have said.";
  if (command == "replay") return "Runs a counterexample again, exactly as it was.";
  if (command == "shrink") return "Makes a counterexample as small as it gets: leaves out requests, faults and actions, then clients, services, options\nand data of the scenario, as long as the same property fails. What remains is a scenario of its own and its log.";
  if (command == "trace") return "Looks into a trace that run, check or replay wrote with --trace FILE. Without a question: what is in it.";
  if (command == "export") return "Writes a trace in the formats of other tools. A counterexample is replayed for it, a scenario run once.";
  if (command == "diff") return "Compares two runs (traces, counterexamples, or scenarios run once) up to where they part, or two JSON reports or\ncampaign files value by value. Exit code 0 when they are the same, 1 when they differ, 2 when one is none of these\nor nothing differs but a trace was cut off.";
  if (command == "idempotency") return "Hands every message that a handler has handled out once more, in every reached state: databases, effects and events\nmust stay as they are. Then the outcomes of the system with one more copy are compared with those without. Exit\ncode 1 when a handler is not idempotent, 4 when not everything could be looked at.";
  if (command == "commute") return "Compares, in every reached state and for each two messages (or timers) that wait for the same service, one order\nwith the other. Exit code 1 when a pair conflicts, 4 when not everything could be looked at.";
  if (command == "rebuild") return "At each different end of the scenario, empties the tables of each service whose data comes from events alone, handles\nall its events again in the order in which they were accepted, and compares. Exit code 1 when one differs.";
  if (command == "compare") return "Compares all outcomes of a scenario (databases and effects at rest) with those of the scenario as changed by --to:\nmay this handler be replaced by that one? Exit code 1 when one has an outcome that the other has not.";
  if (command == "lint") return "Reads a scenario and says what is wrong or risky, without running it.";
  if (command == "graph") return "Draws who talks to whom in a scenario, as text for another program.";
  if (command == "conform") return "Plays recorded vectors against the broker models, and says of each whether the model agrees. Exit code 1 when\none differs, 2 when a file is no vector.";
  if (command == "version") return "Says which Flowtank this is. --version does, too.";
  if (command == "completions") return "Prints the completions for a shell. Packages install them; this is for everywhere else.";
  if (command == "explain") return "Explains a kind of fault, property or broker: what it is, its parameters and defaults, where it comes from, an\nexample. A number of the catalogue (F37, P28) is a name too. Without a name, lists them.";
  if (command == "manual") return "Prints the manual page of Flowtank or of one command, in the format of man.";
  return "Evaluates one expression (CEL) or runs conformance vectors.";
}

std::string_view first_example_of(std::string_view command) {
  if (command == "run") return "flowtank run scenarios/store-all-patterns.json";
  if (command == "check") return "flowtank check scenarios/store-all-patterns.json";
  if (command == "merge") return "flowtank merge shard-0.campaign shard-1.campaign";
  if (command == "replay") return "flowtank replay store.counterexample";
  if (command == "shrink") return "flowtank shrink shop.json shop.run.counterexample";
  if (command == "trace") return "flowtank trace shop.ftrace";
  if (command == "export") return "flowtank export shop.ftrace --format jaeger -o shop.jaeger.json";
  if (command == "diff") return "flowtank diff before.json after.json";
  if (command == "idempotency") return "flowtank idempotency scenarios/store-all-patterns.json";
  if (command == "commute") return "flowtank commute scenarios/store-all-patterns.json";
  if (command == "rebuild") return "flowtank rebuild scenarios/store-all-patterns.json";
  if (command == "compare") return "flowtank compare scenarios/store-all-patterns.json --to services.payment.with.consume=business_key";
  if (command == "lint") return "flowtank lint scenarios/store-all-patterns.json";
  if (command == "graph") return "flowtank graph scenarios/store-all-patterns.json";
  if (command == "conform") return "flowtank conform tests/brokers/vectors/kafka/*.json";
  if (command == "version") return "flowtank version --json";
  if (command == "completions") return "flowtank completions bash";
  if (command == "explain") return "flowtank explain property per_key_order";
  if (command == "manual") return "flowtank manual run";
  return "flowtank eval '1 + 2'";
}

std::string_view examples_of(std::string_view command) {
  if (command == "run") {
    return R"(Examples
  flowtank run shop.json --seed 7
  flowtank run shop.json --report html=shop.html
  flowtank run shop.json --set services.payment.with.consume=inbox
  flowtank run shop.json --sweep services.payment.with.consume=naive,inbox --sweep clients.shoppers.count=1..3
  flowtank run shop.json --brokers all --report md=brokers.md --report html=brokers.html
  flowtank run shop.json --report junit=out.xml --report md=report.md --trace trace.ftrace
  flowtank run shop.json --quiet --report github=-)";
  }
  if (command == "check") {
    return R"(Examples
  flowtank check shop.json
  flowtank check shop.json --set services.payment.with.consume=inbox
  flowtank check shop.json --sweep services.order.with.publish=inline,outbox --sweep services.payment.with.consume=naive,inbox
  flowtank check shop.json --brokers ideal,kafka,sns_sqs
  flowtank check shop.json --states 2000000 --time 60s --report json=out.json --report html=shop.html
  flowtank check shop.json --reduce runs
  flowtank check shop.json --report sarif=flowtank.sarif --baseline accepted.json
Where the states are too many, runs are sampled; without a violation in N independent runs, its probability is at
most about 3/N:
  flowtank check shop.json --strategy random --runs 1000000
  flowtank check shop.json --strategy lineage
  flowtank check shop.json --strategy swarm --runs 10000
  flowtank check shop.json --strategy portfolio --time 10min --campaign shop.campaign
  flowtank check --resume shop.campaign
  flowtank check shop.json --strategy pct --shard 0/2 --campaign shard-0.campaign)";
  }
  if (command == "merge") {
    return R"(Each file was kept by check --shard I/N --campaign FILE with the same scenario and options.
Examples
  flowtank merge shard-0.campaign shard-1.campaign
  flowtank merge shard-*.campaign --report json=out.json)";
  }
  if (command == "replay") {
    return R"(The file names its scenario; it is looked for as written there, then beside the file.
Examples
  flowtank replay shop.counterexample
  flowtank replay shop.counterexample --trace trace.jsonl)";
  }
  if (command == "shrink") {
    return R"(It writes DIR/shop.shrunk.json, which demands the FAIL, and DIR/shop.shrunk.counterexample; both can be kept as a test.
The scenario may be left out: the counterexample names it. A timed run is shrunk as an exploration where it fails there too.
Examples
  flowtank shrink shop.json shop.run.counterexample
  flowtank shrink shop.json shop.check.counterexample -o regressions
  flowtank shrink shop.run.counterexample --property "charged at most once" --time 30s)";
  }
  if (command == "conform") {
    return R"(Examples
  flowtank conform tests/brokers/vectors/kafka/*.json
  flowtank conform --quiet recorded.json)";
  }
  if (command == "trace") {
    return R"(A trace that was cut short is read as far as it goes. Exit code 1 when --verify or --against finds something.
Examples
  flowtank run shop.json --trace shop.ftrace --trace-level full
  flowtank trace shop.ftrace
  flowtank trace shop.ftrace --filter 'service == "payment" && kind == "effect" && time < duration("5s")'
  flowtank trace shop.ftrace --past o-7
  flowtank trace shop.ftrace --state order.orders --at 1.5s
  flowtank trace shop.ftrace --history order.orders --key o-7)";
  }
  if (command == "export") {
    return R"(otlp          OpenTelemetry (JSON lines): collectors, Tempo, Jaeger; the links say what was handed over
zipkin        an array of Zipkin v2 spans; its viewer shows one trace at a time: --only KEY
jaeger        Jaeger's own JSON, read by its viewer without a server
perfetto      ui.perfetto.dev: a row for each run, messages as arrows
cloudevents   the events that brokers accepted, one a line; cloudevents-batch: as one array
mermaid, plantuml   a sequence diagram; best of a counterexample, or with --only KEY
csv           every record as a row
Ids are those of the run: the same scenario and seed give the same ones, and the same bytes.
Examples
  flowtank export shop.ftrace --format otlp -o shop.jsonl
  flowtank export shop.ftrace --format zipkin --only o-7 -o o-7.zipkin.json
  flowtank export shop.check.counterexample --format mermaid)";
  }
  if (command == "diff") {
    return R"(Wall time and memory are no differences. A trace file tells what fails, not whether the rest is PASS or VACUOUS: reports do.
Examples
  flowtank diff before.json after.json --verdicts
  flowtank diff monday.ftrace tuesday.ftrace
  flowtank diff old.campaign new.campaign --json)";
  }
  if (command == "idempotency") {
    return R"(Ids, times, numbers that the database gives away and inboxes are left out of the comparison; what of these did differ is said.
A file that replays each finding is written; it adds a duplicate to the scenario (--set faults.+={...}).
Examples
  flowtank idempotency shop.json
  flowtank idempotency shop.json --set services.payment.with.consume=naive
  flowtank idempotency shop.json --ignore order.orders.note --report json=twice.json --report html=twice.html)";
  }
  if (command == "commute") {
    return R"(What a broker keeps in order never waits side by side, and is compared only with --any-order.
Examples
  flowtank commute shop.json
  flowtank commute shop.json --any-order
  flowtank commute shop.json --local --report json=pairs.json --report html=pairs.html)";
  }
  if (command == "rebuild") {
    return R"(How many effects a rebuild would cause again is in the table.
Examples
  flowtank rebuild shop.json
  flowtank rebuild shop.json --set services.view.with.consume=naive)";
  }
  if (command == "compare") {
    return R"(Tables and columns that only one of the two has are left out, by name.
Examples
  flowtank compare shop.json --to services.payment.with.consume=business_key
  flowtank compare shop.json --to services.payment.use=payment_v2 --report json=compare.json)";
  }
  if (command == "lint") {
    return R"(What is meant as it is goes into the scenario, with the reason:
  "lint": { "allow": [ { "code": "FT-LINT-014", "on": "payment", "reason": "the ledger knows its orders" } ] }
Examples
  flowtank lint shop.json
  flowtank lint shop.json --notes
  flowtank lint shop.json --strict --report json=lint.json)";
  }
  if (command == "graph") {
    return R"(Examples
  flowtank graph shop.json | dot -Tsvg -o shop.svg
  flowtank graph shop.json --format mermaid --level services)";
  }
  if (command == "version") {
    return R"(Examples
  flowtank version --json)";
  }
  if (command == "completions") {
    return R"(Examples
  flowtank completions bash > ~/.local/share/bash-completion/completions/flowtank
  flowtank completions zsh > ~/.zfunc/_flowtank        (a folder of $fpath)
  flowtank completions fish > ~/.config/fish/completions/flowtank.fish)";
  }
  if (command == "explain") {
    return R"(Topics are fault, property and broker.
Examples
  flowtank explain property
  flowtank explain fault duplicate
  flowtank explain --markdown broker)";
  }
  if (command == "manual") {
    return R"(Examples
  flowtank manual check | man -l -)";
  }
  return R"(Examples
  flowtank eval '[1, 2, 3].filter(x, x > 1)'
  flowtank eval 'order.amount > 100' --with '{"order": {"amount": 120}}'
  flowtank eval --vectors tests/expr/cel/basic.json)";
}

}  // namespace flowtank::cli
