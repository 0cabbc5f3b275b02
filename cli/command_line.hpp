// SPDX-License-Identifier: Apache-2.0
// The command line as data. CLI11 splits it; names, numbers, durations and sizes are read here, so that
// every mistake gets one clear sentence and, where there is one, the name that was meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/time.hpp>
#include <sim/trace/level.hpp>
#include <sim/topology/view.hpp>

#include "cli/campaign_options.hpp"
#include "cli/diff_command.hpp"
#include "cli/eval_command.hpp"
#include "cli/export_command.hpp"
#include "cli/trace_command.hpp"

namespace flowtank::cli {

enum class Command : std::uint8_t { help, version, run, check, replay, shrink, lint, trace, graph, eval, conform, completions, manual, explain, idempotency, commute, rebuild, compare, merge, export_trace, diff };

enum class Reduce : std::uint8_t { none, steps, runs };

enum class GraphFormat : std::uint8_t { dot, mermaid, json };

enum class ReportKind : std::uint8_t { json, junit, markdown, html, sarif, github, github_summary, tap };

struct ReportWish {
  ReportKind kind = ReportKind::json;
  std::string file;
};

struct CommandLine {
  Command command = Command::help;
  std::string help;                    // command help: the text to print
  std::string file;                    // scenario, or the log of replay; shell of completions, command of manual
  std::vector<std::string> overrides;  // --set
  std::optional<std::uint64_t> seed;
  std::optional<Time> horizon;
  std::vector<ReportWish> reports;
  bool junit_gitlab = false;           // --junit-dialect gitlab
  std::string baseline;                // run, check: file of accepted findings; empty: none
  std::string write_baseline;          // run, check: file that the findings of this run are written into
  std::string trace;                   // file; empty: none
  TraceLevel trace_level = TraceLevel::normal;
  bool trace_level_given = false;
  TraceArguments trace_asked;          // trace
  ExportArguments exporting;           // export
  DiffArguments diffing;               // diff
  std::string log;                     // shrink: the counterexample
  std::string property;                // shrink: which one, if the log names none
  bool log_only = false;               // shrink: the scenario stays as it is
  bool no_shrink = false;              // run: a failure is shown as it came
  std::vector<std::string> sweep;      // run, check: PATH=A,B,C, each value in turn
  std::string brokers;                 // run, check: "all" or kinds, each in turn; empty: the scenario's
  std::optional<std::uint64_t> tway;   // of several sweeps: every combination of so many of them; nothing: of all
  std::string save;                    // folder for counterexamples; empty: the current one
  bool no_save = false;
  std::vector<std::string> models;     // folders
  bool quiet = false;
  bool ascii = false;
  std::optional<std::uint64_t> states;
  std::optional<std::uint64_t> depth;
  std::optional<std::size_t> memory;   // bytes
  std::optional<Duration> time;
  bool self_check = false;
  bool exact = false;
  Reduce reduce = Reduce::none;        // check: leaves out orders that nobody can tell apart
  std::optional<bool> verify_determinism;  // run, check: twice, and compare; nothing: where CI is set
  CampaignArguments campaign;          // check, merge
  std::string name;                    // explain: of an entry
  bool markdown = false;               // explain: the whole page
  std::string into;                    // manual: folder; empty: standard output
  bool json = false;                   // version, trace
  bool strict = false;                 // lint: warnings are as bad as errors
  bool notes = false;                  // lint: show notes, too
  GraphFormat graph_format = GraphFormat::dot;
  topology::Level graph_level = topology::Level::handlers;
  EvalArguments eval;
  std::vector<std::string> vectors;    // files of conform
  std::vector<std::string> ignore;     // idempotency, commute: tables and columns that may differ
  std::vector<std::string> with;       // compare: PATH=VALUE of the new one
  bool any_order = false;              // commute: as if brokers kept no order
  bool local = false;                  // idempotency, commute: handler by handler only
};

// What is wrong with the arguments, for the user; `hint` may be empty.
struct UsageError {
  std::string message;
  std::string hint;
};

// Reads the arguments after the program's name. Nothing and `error` when they make no sense.
std::optional<CommandLine> read_command_line(const std::vector<std::string>& arguments, UsageError& error);

// What --help says of a command, as data: manual pages and completions are made of it.
struct OptionText {
  std::vector<std::string> names;  // "-q", "--quiet"
  std::string type;                // "FILE", "KIND=FILE", ...; empty: a flag
  std::string what;                // sentences; may have line breaks
};
struct CommandText {
  std::string name;
  std::string operand;   // "SCENARIO.json"; empty: none
  std::string line;      // of the list of commands
  std::string summary;
  std::string examples;  // with a title "Examples" in a line of its own
  std::vector<OptionText> options;
};
std::vector<CommandText> command_texts();  // in the order of the help
std::vector<std::string> report_kinds();   // of --report KIND=FILE

// "512MB", "2GB", "1000000" (bytes); nothing when it is none or out of range.
std::optional<std::size_t> parse_bytes(std::string_view text);

}  // namespace flowtank::cli
