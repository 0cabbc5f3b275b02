// SPDX-License-Identifier: Apache-2.0
// idempotency, commute, rebuild and compare: questions about families of runs. They load, ask, write the files that replay what was found,
// and print. Exit 1 when something was found, 4 when a limit came first or nothing could be shown, 2 for bad input.
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/family_text.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/run/decision_log.hpp>

#include "cli/face.hpp"
#include "cli/html_output.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

constexpr int bad_input = 2;

int nothing_was_asked(const Diagnostics& diagnostics, const Face& face) {
  print(diagnostics, face);
  const reports::Paint paint(face.err_colour);
  say(stderr, paint.strong_fail(reports::counted(diagnostics.errors(), "error")) + ", nothing was explored.\n");
  return bad_input;
}

std::optional<Scenario> load(const CommandLine& line, const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.overrides = overrides;
  options.model_path = line.models;
  auto scenario = load_scenario(line.file, options, diagnostics);
  diagnostics.sort_by_position();
  return scenario;
}

class Asking {
 public:
  Asking(const CommandLine& line, const Face& face) : line_(line), face_(face), progress_(face.err_terminal) { catch_interrupts(); }

  family::FamilyOptions options(const Scenario& scenario) {
    family::FamilyOptions options;
    options.states = line_.states;
    options.depth = line_.depth;
    if (line_.memory) options.memory = *line_.memory;
    options.overrides = line_.overrides;
    options.ignore = line_.ignore;
    options.system_form = !line_.local;
    options.any_order = line_.any_order;
    options.cancelled = &interrupted();
    options.progress = [this](const explore::Counts& counts) { progress_.exploring(counts); };
    const auto limit = line_.time ? line_.time : scenario.check.time;
    if (limit) options.out_of_time = progress_.in(limit->seconds());
    return options;
  }

  // Saves the log under its name; the file's name as it is written down.
  void keep(const std::string& key, const std::string& name, const DecisionLog& log) {
    if (line_.no_save || log.actions.empty()) return;
    std::error_code ignored;
    if (!line_.save.empty()) fs::create_directories(line_.save, ignored);
    const std::string stem = fs::path(line_.file).stem().string();
    std::string file = fmt::format("{}.{}", stem.empty() ? "scenario" : stem, name);
    for (char& c : file) {
      if (c == ' ' || c == '/' || c == '(' || c == ')') c = '-';
    }
    file += ".counterexample";
    const std::string path = line_.save.empty() ? file : (fs::path(line_.save) / file).string();
    if (write(path, to_text(log))) files[key] = path;
  }

  bool write(const std::string& path, std::string_view text) {
    const auto problem = write_whole_file(path, text);
    if (!problem) return true;
    print_error(*problem, "", face_);
    failed_ = true;
    return false;
  }

  // `page`: makes the report that people read, where the question has one.
  int finish(const std::string& text, const std::string& json, bool was_interrupted, int exit, const std::function<std::string()>& page = {}) {
    for (const ReportWish& wish : line_.reports) write(wish.file, wish.kind == ReportKind::html && page ? page() : json);
    if (!say(stdout, text)) return bad_input;
    if (failed_) return bad_input;
    return was_interrupted ? interrupt_exit_code() : exit;
  }

  Progress& progress() { return progress_; }
  reports::FamilyFiles files;

 private:
  const CommandLine& line_;
  const Face& face_;
  Progress progress_;
  bool failed_ = false;
};

reports::HtmlAside page_of(const CommandLine& line, std::string_view command, const Scenario& scenario) {
  reports::HtmlAside page;
  describe_command(page, line, command, scenario, line.overrides);
  return page;
}

}  // namespace

int idempotency_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.overrides, diagnostics);
  if (!scenario) return nothing_was_asked(diagnostics, face);
  print(diagnostics, face);
  Diagnostics again;  // the same warnings once more
  std::vector<std::string> overrides = line.overrides;
  overrides.emplace_back(family::one_more_copy);
  const auto with_copy = load(line, overrides, again);
  if (!with_copy) return nothing_was_asked(again, face);
  Asking asking(line, face);
  Diagnostics problems;
  const auto report = family::check_idempotency(*scenario, *with_copy, shipped_brokers(), asking.options(*scenario), problems);
  asking.progress().clear();
  if (!report) return nothing_was_asked(problems, face);
  for (const family::HandlerReport& handler : report->handlers) {
    const std::string name = handler.service + "." + handler.name;
    if (handler.at_once) asking.keep(name + " at once", "twice." + name, handler.at_once->log);
    if (handler.interrupted) asking.keep(name + " interrupted", "interrupted." + name, handler.interrupted->log);
    if (handler.later) asking.keep(name + " later", "twice-later." + name, handler.later->log);
  }
  if (report->system.more != 0) asking.keep("system", "one-more-copy", report->system.log);
  return asking.finish(reports::idempotency_text(*scenario, *report, asking.files, terminal_style(face, line.quiet)),
                       reports::idempotency_json(*scenario, *report, asking.files), report->extent.interrupted, report->exit(), [&] {
                         return reports::idempotency_html(*scenario, *report, asking.files, page_of(line, "idempotency", *scenario));
                       });
}

int commute_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.overrides, diagnostics);
  if (!scenario) return nothing_was_asked(diagnostics, face);
  print(diagnostics, face);
  Asking asking(line, face);
  Diagnostics problems;
  const auto report = family::check_commute(*scenario, shipped_brokers(), asking.options(*scenario), problems);
  asking.progress().clear();
  if (!report) return nothing_was_asked(problems, face);
  for (const family::CommuteReport::Service& service : report->services) {
    for (std::size_t a = 0; a < service.inputs.size(); ++a) {
      for (std::size_t b = a; b < service.inputs.size(); ++b) {
        const family::PairReport& pair = service.pair(a, b);
        if (!pair.conflict) continue;
        asking.keep(fmt::format("{} {} {}", service.name, pair.left, pair.right),
                    fmt::format("order.{}.{}.{}", service.name, service.inputs[a], service.inputs[b]), pair.conflict->log);
      }
    }
  }
  return asking.finish(reports::commute_text(*scenario, *report, asking.files, terminal_style(face, line.quiet)),
                       reports::commute_json(*scenario, *report, asking.files), report->extent.interrupted, report->exit(), [&] {
                         return reports::commute_html(*scenario, *report, asking.files, page_of(line, "commute", *scenario));
                       });
}

int rebuild_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.overrides, diagnostics);
  if (!scenario) return nothing_was_asked(diagnostics, face);
  print(diagnostics, face);
  Asking asking(line, face);
  Diagnostics problems;
  const auto report = family::check_rebuild(*scenario, shipped_brokers(), asking.options(*scenario), problems);
  asking.progress().clear();
  if (!report) return nothing_was_asked(problems, face);
  for (const family::RebuildReport::Projection& projection : report->projections) {
    if (projection.verdict == family::RebuildVerdict::differs) asking.keep(projection.name, "rebuild." + projection.name, projection.log);
  }
  return asking.finish(reports::rebuild_text(*scenario, *report, asking.files, terminal_style(face, line.quiet)),
                       reports::rebuild_json(*scenario, *report, asking.files), report->extent.interrupted, report->exit());
}

int compare_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.overrides, diagnostics);
  if (!scenario) return nothing_was_asked(diagnostics, face);
  print(diagnostics, face);
  std::vector<std::string> overrides = line.overrides;
  overrides.insert(overrides.end(), line.with.begin(), line.with.end());
  Diagnostics changed;
  const auto other = load(line, overrides, changed);
  if (!other) return nothing_was_asked(changed, face);
  Asking asking(line, face);
  Diagnostics problems;
  const auto report = family::compare_scenarios(*scenario, *other, shipped_brokers(), asking.options(*scenario), overrides, problems);
  asking.progress().clear();
  if (!report) return nothing_was_asked(problems, face);
  if (report->old_side.alone != 0) asking.keep("old", "old", report->old_side.log);
  if (report->new_side.alone != 0) asking.keep("new", "new", report->new_side.log);
  const bool was_interrupted = report->old_side.extent.interrupted || report->new_side.extent.interrupted;
  return asking.finish(reports::compare_text(*scenario, line.with, *report, asking.files, terminal_style(face, line.quiet)),
                       reports::compare_json(*scenario, line.with, *report, asking.files), was_interrupted, report->exit());
}

}  // namespace flowtank::cli
