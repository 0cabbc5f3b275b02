// SPDX-License-Identifier: Apache-2.0
// The options of every command with their help, in the order in which the help shows them. Long sentences are broken where
// the help has its margin.
#include "cli/declared_options.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace flowtank::cli {
namespace {

class Declaring {
 public:
  Declaring(Command command, Written& written) : command_(command), written_(written) {}

  void text(CLI::App& app, const std::string& names, std::string& target, const std::string& what, const std::string& type) {
    app.add_option(names, target, what)->type_name(type);
  }
  void texts(CLI::App& app, const std::string& names, std::vector<std::string>& target, const std::string& what, const std::string& type) {
    app.add_option(names, target, what)->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
  }

  void declare(CLI::App& app) {
    Written& w = written_;
    const bool timed = command_ == Command::run || command_ == Command::replay;
    if (command_ == Command::eval) {
      text(app, "--with", w.with, "Variables of the expression, as a JSON object.", "JSON");
      app.add_option("--vectors", w.vectors, "Conformance vectors to run instead; one or more files.")->type_name("FILE...");
      return;
    }
    if (command_ == Command::version) {
      app.add_flag("--json", w.json, "Also how it was built, as a JSON object.");
      return;
    }
    if (command_ == Command::trace) return declare_trace(app);
    if (command_ == Command::export_trace) return declare_export(app);
    if (command_ == Command::diff) {
      app.add_flag("--verdicts", w.verdicts, "Only verdicts count: exit code 1 and what is listed.");
      app.add_flag("--json", w.json, "What differs, as a JSON object.");
      texts(app, "--models", w.models, "A folder with service models, for scenarios, counterexamples\nand campaigns. May be repeated.", "DIR");
      app.add_flag("--ascii", w.ascii, "Writes only ASCII.");
      return;
    }
    if (command_ == Command::conform) {
      app.add_flag("-q,--quiet", w.quiet, "Prints only vectors that differ, and the last line.");
      return;
    }
    if (command_ == Command::explain) {
      app.add_flag("--markdown", w.markdown, "The whole topic as a page of Markdown.");
      return;
    }
    if (command_ == Command::manual) text(app, "--into", w.into, "Writes the pages of all commands into a folder.", "DIR");
    if (command_ == Command::manual || command_ == Command::completions) return;
    if (command_ == Command::shrink) return declare_shrink(app);
    if (command_ == Command::merge) return declare_merge(app);
    if (command_ != Command::replay) texts(app, "--set", w.set, "Changes the scenario before it is loaded, for example\nservices.payment.with.consume=inbox. May be repeated.", "PATH=VALUE");
    texts(app, "--models", w.models, "A folder with service models, searched after those\nbeside the scenario. May be repeated.", "DIR");
    app.add_flag("--ascii", w.ascii, "Writes only ASCII.");
    if (command_ == Command::graph) {
      text(app, "--format", w.format, "What it is written as (default dot).", "dot|mermaid|json");
      text(app, "--level", w.level, "How much of it is shown (default handlers).", "services|handlers|tables");
      return;
    }
    if (asks_family(command_)) return declare_family(app);
    if (command_ == Command::lint) {
      app.add_flag("--notes", w.notes, "Also shows what is often meant: what is not used here, what everything depends on.");
      app.add_flag("--strict", w.strict, "Warnings give exit code 1.");
      declare_reports(app);
      return;
    }
    if (command_ == Command::run) text(app, "--seed", w.seed, "The seed of all draws (default: the scenario's).", "N");
    if (command_ == Command::run || command_ == Command::check) {
      app.add_flag("--verify-determinism", w.verify_determinism, command_ == Command::run ? "Runs twice and compares all records; exit code 3 with the\nfirst one that differs. Judges nothing, so without reports." : "Asks twice and compares the answers; exit code 3 when they\ndiffer. By itself where the variable CI is set.");
      app.add_flag("--no-verify-determinism", w.no_verify_determinism, "Asks once, also where the variable CI is set.");
    }
    if (command_ == Command::run || command_ == Command::check) {
      texts(app, "--sweep", w.sweep, "Runs the scenario once for each of these values, and shows one\ntable; repeated: for each combination.", "PATH=A,B,C");
      text(app, "--brokers", w.brokers, "Runs the scenario once under each of these kinds of brokers (or\nall), and shows verdicts side by side with the rules that explain\nthe differences.", "all|A,B");
      text(app, "--tway", w.tway, "Of several sweeps only so many runs that each combination of N\nof them comes once.", "N");
    }
    if (command_ == Command::run || command_ == Command::check) app.add_flag("--no-shrink", w.no_shrink, "Does not make failures of runs, campaigns and lineage small; the\nrun that was found is told.");
    if (timed) text(app, "--horizon", w.horizon, "Ends the run at this virtual time (default: the scenario's).", "TIME");
    if (command_ == Command::check) {
      text(app, "--states", w.states, "Stops after so many states (default 20,000,000).", "N");
      text(app, "--depth", w.depth, "Explores no path of more actions than this.", "N");
      text(app, "--memory", w.memory, "Stops at this much memory, such as 512MB (default 2GB).", "SIZE");
      text(app, "--time", w.time, "Stops after this time, such as 30s.", "TIME");
      declare_campaign(app, w.campaign);
      text(app, "--seed", w.seed, "The seed of all draws of a campaign (default: the scenario's).", "N");
      text(app, "--reduce", w.reduce, "steps: takes steps that nobody else can notice at once. runs: also\nlets a handler run go on alone where no other can meet it. Both leave\nfewer states and the same verdicts (default none).", "none|steps|runs");
      app.add_flag("--self-check", w.self_check, "Checks the engine around every action. Slow.");
      app.add_flag("--exact", w.exact, "Compares whole states, not only fingerprints. Slow.");
    }
    declare_reports(app);
    if (command_ != Command::replay) {
      text(app, "--baseline", w.baseline, "Accepts the findings that this file lists, each with a reason;\nsays which are found no more.", "FILE");
      text(app, "--write-baseline", w.write_baseline, "Writes what is not as expected into such a file; reasons that\nit has stay.", "FILE");
    }
    text(app, "--trace", w.trace, "Writes what happened, for flowtank trace; one JSON object\na line when the name ends in .jsonl.", "FILE");
    text(app, "--trace-level", w.trace_level, "How much of it (default normal).", "outcome|normal|full");
    if (command_ != Command::replay) {
      text(app, "--save", w.save, "The folder for counterexamples (default: this one).", "DIR");
      app.add_flag("--no-save", w.no_save, "Writes no counterexamples.");
    }
    app.add_flag("-q,--quiet", w.quiet, "Prints only what is not as expected, and the last line.");
  }

  void declare_merge(CLI::App& app) {
    Written& w = written_;
    texts(app, "--models", w.models, "A folder with service models, searched after those\nbeside the scenario. May be repeated.", "DIR");
    declare_reports(app);
    text(app, "--save", w.save, "The folder for counterexamples (default: this one).", "DIR");
    app.add_flag("--no-save", w.no_save, "Writes no counterexamples.");
    app.add_flag("--ascii", w.ascii, "Writes only ASCII.");
    app.add_flag("-q,--quiet", w.quiet, "Prints only what is not as expected, and the last line.");
  }

  void declare_shrink(CLI::App& app) {
    Written& w = written_;
    text(app, "-o,--output", w.save, "The folder that the small scenario and its log are written\ninto (default: this one).", "DIR");
    text(app, "--property", w.property, "What it is a counterexample of, where the log does not say.", "NAME");
    app.add_flag("--log-only", w.log_only, "Leaves the scenario as it is, and makes only the log smaller.");
    text(app, "--states", w.states, "Searches so many states for something shorter (default 100,000).", "N");
    text(app, "--time", w.time, "Stops after this time, such as 30s, with what is reached by then.", "TIME");
    texts(app, "--models", w.models, "A folder with service models, searched after those\nbeside the scenario. May be repeated.", "DIR");
    app.add_flag("--ascii", w.ascii, "Writes only ASCII.");
    app.add_flag("-q,--quiet", w.quiet, "Prints only what is not as expected, and the last line.");
  }

  void declare_reports(CLI::App& app) {
    texts(app, "--report", written_.report, "Writes a report: html, json, junit, md, sarif, github (annotations),\ngithub-summary or tap; - is standard output. May be repeated.", "KIND=FILE");
    text(app, "--junit-dialect", written_.junit_dialect, "Of JUnit reports: what every reader takes (default), or with\nthe file of each case, as GitLab shows it.", "strict|gitlab");
  }

  void declare_export(CLI::App& app) {
    Written& w = written_;
    text(app, "--format", w.format, "What it is written as (default otlp).", "otlp|zipkin|jaeger|perfetto|cloudevents|cloudevents-batch|mermaid|plantuml|csv");
    text(app, "-o,--output", w.save, "The file; it is there whole or not at all (default, and -:\nstandard output).", "FILE");
    text(app, "--only", w.exporting.only, "Only the trace of a record, or of the first one about a key.", "RECORD|KEY");
    text(app, "--epoch", w.exporting.epoch, "When virtual time begins, such as 2026-11-23T17:00:00Z or\nseconds since 1970 (default 2020-01-01T00:00:00Z).", "TIME");
    text(app, "--limit", w.limit, "mermaid, plantuml: so many lines at most (default 250).", "N");
    texts(app, "--models", w.models, "A folder with service models, for a scenario or counterexample.\nMay be repeated.", "DIR");
    app.add_flag("--ascii", w.ascii, "Writes only ASCII to the terminal.");
  }

  void declare_family(CLI::App& app) {
    Written& w = written_;
    if (command_ == Command::compare) texts(app, "--to", w.to, "What the new one has instead, such as\nservices.payment.with.consume=inbox. May be repeated.", "PATH=VALUE");
    texts(app, "--ignore", w.ignore, "A table or column that may differ, such as order.orders.note.\nMay be repeated.", "TABLE[.COLUMN]");
    if (command_ == Command::idempotency || command_ == Command::commute) app.add_flag("--local", w.local, command_ == Command::idempotency ? "Handler by handler only, not the outcomes of the whole system." : "Pair by pair only, not the outcomes of the whole system.");
    if (command_ == Command::commute) app.add_flag("--any-order", w.any_order, "Compares also what the brokers keep in order.");
    text(app, "--states", w.states, "Stops after so many states (default 1,000,000).", "N");
    text(app, "--depth", w.depth, "Explores no path of more actions than this.", "N");
    text(app, "--memory", w.memory, "Stops at this much memory, such as 512MB (default 2GB).", "SIZE");
    text(app, "--time", w.time, "Stops after this time, such as 30s.", "TIME");
    const bool page = command_ == Command::idempotency || command_ == Command::commute;
    texts(app, "--report", w.report, page ? "Writes everything: json, or html for people." : "Writes everything as JSON.", page ? "KIND=FILE" : "json=FILE");
    text(app, "--save", w.save, "The folder for counterexamples (default: this one).", "DIR");
    app.add_flag("--no-save", w.no_save, "Writes no counterexamples.");
    app.add_flag("-q,--quiet", w.quiet, "Prints only what was found, and the last line.");
  }

  void declare_trace(CLI::App& app) {
    TraceArguments& a = written_.asked;
    text(app, "--filter", a.filter, "Only records for which this is true: CEL over id, time, kind,\noutcome, service, instance, handler, step, place, type, key,\ndata, before, detail.", "CEL");
    app.add_flag("--list", a.list, "Every record, one a line.");
    text(app, "--limit", written_.limit, "Shows so many records (default 200; with --json all).", "N");
    text(app, "--past", a.past, "What a record, or the last one about a key, came from.", "RECORD|KEY");
    text(app, "--future", a.future, "What came from a record, or the first one about a key.", "RECORD|KEY");
    text(app, "--state", a.state, "The rows of a table; all: of every table, and in a trace of\nthe level full queues, handler runs, timers.", "TABLE|all");
    text(app, "--at", a.at, "When: a record, or a time such as 1.5s (default: the end).", "RECORD|TIME");
    text(app, "--history", a.history, "All changes of the row of --key.", "TABLE");
    text(app, "--key", a.key, "The key of the row.", "KEY");
    text(app, "--against", a.against, "The first record in which another trace differs.", "FILE");
    app.add_flag("--verify", a.verify, "Checks every checksum and the fingerprint.");
    app.add_flag("--json", written_.json, "JSON; of records one object a line.");
    app.add_flag("--ascii", written_.ascii, "Writes only ASCII.");
  }

 private:
  Command command_;
  Written& written_;
};

}  // namespace

void declare_options(CLI::App& app, Command command, Written& written) { Declaring(command, written).declare(app); }

bool asks_family(Command command) {
  return command == Command::idempotency || command == Command::commute || command == Command::rebuild || command == Command::compare;
}

}  // namespace flowtank::cli
