// SPDX-License-Identifier: Apache-2.0
// See diff_command.hpp. Kinds are told apart by the first bytes: traces and counterexamples (and scenarios, run once) are runs;
// a campaign file is read as the report that merge would write of it.
#include "cli/diff_command.hpp"

#include <fstream>
#include <utility>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/compare/difference.hpp>
#include <reports/files.hpp>
#include <sim/check/campaign_check.hpp>
#include <sim/scenario/json_reader.hpp>

#include "cli/check_wishes.hpp"
#include "cli/command_line.hpp"
#include "cli/face.hpp"
#include "cli/log_scenario.hpp"
#include "cli/recorded_run.hpp"

namespace flowtank::cli {
namespace {

enum class Kind : std::uint8_t { run, report, campaign, none };

std::string_view word_of(Kind kind) { return kind == Kind::run ? "a run" : kind == Kind::report ? "a report" : kind == Kind::campaign ? "a campaign" : "none of these"; }

// Mostly the begin of the file says what it is. Tools that sort keys put that of a report elsewhere.
Kind kind_of(const std::string& file) {
  if (run_file_kind(file) != RunFile::scenario) return Kind::run;
  std::string first(200, '\0');
  std::ifstream(file, std::ios::binary).read(first.data(), static_cast<std::streamsize>(first.size()));
  if (first.starts_with("flowtank-campaign")) return Kind::campaign;
  if (first.find("\"flowtank_report\"") != std::string::npos) return Kind::report;
  Diagnostics ignored;  // whoever reads it says why it cannot be read
  const auto text = read_text_file(file, ReadLimits{}, ignored);
  if (text && reports::is_json_report(*text)) return Kind::report;
  // A scenario begins with a brace or a comment; whoever reads it says what is wrong with it.
  const std::size_t begin = text ? text->find_first_not_of(" \t\r\n\xef\xbb\xbf") : std::string::npos;
  return !text || begin == std::string::npos || (*text)[begin] == '{' || (*text)[begin] == '/' ? Kind::run : Kind::none;
}

// What is not there or cannot be read is no run.
bool readable(const std::string& file, const Face& face) {
  if (run_file_kind(file) != RunFile::scenario) return true;
  Diagnostics diagnostics;
  if (read_text_file(file, ReadLimits{}, diagnostics)) return true;
  print(diagnostics, face);
  return false;
}

std::optional<std::string> report_of(Kind kind, const std::string& file, const CommandLine& line, Diagnostics& diagnostics) {
  if (kind == Kind::report) return read_text_file(file, ReadLimits{}, diagnostics);
  auto record = read_campaign_file(file, diagnostics);
  if (!record) return std::nullopt;
  const campaign::Header header = record->header;
  LoadOptions load;
  load.purpose = purpose_of(header.plan.strategy);
  load.overrides = header.overrides;
  load.model_path = line.models;
  load.model_path.insert(load.model_path.end(), header.models.begin(), header.models.end());
  const auto scenario = load_scenario(scenario_of_log(header.scenario, file), load, diagnostics);
  if (!scenario) return std::nullopt;
  std::vector<campaign::Record> records;
  records.push_back(std::move(*record));
  const auto result = merge_campaigns(*scenario, shipped_brokers(), records, {file}, diagnostics);
  if (!result) return std::nullopt;
  return reports::json_report(*scenario, *result, {});
}

}  // namespace

int diff_command(const CommandLine& line, const Face& face) {
  constexpr int bad_input = 2;
  const DiffArguments& asked = line.diffing;
  const bool there_a = readable(asked.a, face), there_b = readable(asked.b, face);
  if (!there_a || !there_b) return bad_input;
  const Kind kind_a = kind_of(asked.a), kind_b = kind_of(asked.b);
  for (const auto& [kind, file] : {std::pair{kind_a, asked.a}, std::pair{kind_b, asked.b}}) {
    if (kind != Kind::none) continue;
    print_error(fmt::format("{} is no trace, counterexample, scenario, JSON report or campaign file", file), "check, run and replay write a report with --report json=FILE.", face);
    return bad_input;
  }
  if ((kind_a == Kind::run) != (kind_b == Kind::run)) {
    print_error(fmt::format("{} is {} and {} is {}", asked.a, word_of(kind_a), asked.b, word_of(kind_b)), "Compare two runs (traces, counterexamples), or two reports or campaigns.", face);
    return bad_input;
  }
  Diagnostics diagnostics;
  std::optional<reports::Difference> found;
  if (kind_a == Kind::run) {
    RecordedRun a, b;
    if (a.open(asked.a, line.models, diagnostics) && b.open(asked.b, line.models, diagnostics)) {
      const reports::TraceView view_a(a.reader()), view_b(b.reader());
      found = reports::diff_runs({&view_a, asked.a, a.verdicts()}, {&view_b, asked.b, b.verdicts()}, diagnostics);
      for (const TraceReader* reader : {&a.reader(), &b.reader()}) {
        for (const Diagnostic& d : reader->problems().all()) diagnostics.add(d);
      }
    }
  } else {
    const auto a = report_of(kind_a, asked.a, line, diagnostics);
    const auto b = report_of(kind_b, asked.b, line, diagnostics);
    if (a && b) found = reports::diff_reports(*a, asked.a, *b, asked.b, diagnostics);
  }
  print(diagnostics, face);
  if (!found || !diagnostics.ok()) return bad_input;
  const std::string text = line.json ? reports::difference_json(*found) : reports::difference_text(*found, asked.verdicts);
  if (!say(stdout, face.ascii ? reports::ascii_lines(text) : text)) return bad_input;
  if (!(asked.verdicts ? found->same_verdicts() : found->same())) return 1;
  return found->whole ? 0 : bad_input;
}

}  // namespace flowtank::cli
