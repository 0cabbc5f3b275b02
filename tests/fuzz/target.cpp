// SPDX-License-Identifier: Apache-2.0
// The demands, and the one way from texts to verdicts that the targets of scenarios and models share. Bounds on actions
// and states are set on a copy of the System, so that the file itself is what is loaded.
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <models/brokers/registry.hpp>
#include <reports/diagnostics_text.hpp>
#include <reports/files.hpp>
#include <reports/terminal.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/topology/lint.hpp>

namespace flowtank::fuzz {
namespace {

constexpr std::uint64_t most_actions = 200;
constexpr std::uint64_t most_states = 200;

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f'; }

// In a file for programs: no control character; whoever shows it escapes the rest.
void demand_tame(const std::string& text, std::string_view what) {
  demand(std::none_of(text.begin(), text.end(), is_control), what);
}

// On a page for people: nothing that printable() would escape, so no escape sequence, C1 control or bidi override.
void demand_printable(const std::string& text, std::string_view what) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) demand(reports::printable(line) == line, what);
}

void report(const Scenario& scenario, const Result& result) {
  const reports::Aside aside;
  demand_printable(reports::terminal_text(scenario, result, aside, {}), "a control character on the terminal");
  demand_tame(reports::json_report(scenario, result, aside), "a control character in the JSON report");
  demand_tame(reports::junit_report(scenario, result, aside), "a control character in the JUnit report");
  demand_printable(reports::markdown_report(scenario, result, aside), "a control character in the Markdown report");
}

std::optional<Scenario> load(const Texts& texts, LoadPurpose purpose) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = purpose;
  options.files = &texts;
  auto scenario = load_scenario("shop.json", options, diagnostics);
  demand(scenario.has_value() == diagnostics.ok(), "a scenario exactly when there is no error");
  demand_good(diagnostics, texts);
  if (!scenario) return std::nullopt;
  for (const topology::Finding& finding : topology::lint(*scenario).findings) demand(!finding.diagnostic.message.empty(), "a finding without words");
  auto system = std::make_shared<System>(*scenario->system);
  const std::uint64_t given = system->bounds.max_actions;
  system->bounds.max_actions = given == 0 ? most_actions : std::min(given, most_actions);
  scenario->system = std::move(system);
  return scenario;
}

}  // namespace

void demand(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "demand broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void demand_good(const Diagnostics& diagnostics, const Texts& texts) {
  const reports::SourceLine lines = [&texts](const std::string& file, std::uint32_t number) -> std::optional<std::string> {
    const auto found = texts.find(file);
    if (found == texts.end()) return std::nullopt;
    std::istringstream in(found->second);
    std::string line;
    for (std::uint32_t i = 0; i < number; ++i) {
      if (!std::getline(in, line)) return std::nullopt;
    }
    return line;
  };
  for (const Diagnostic& d : diagnostics.all()) {
    demand(!d.message.empty() && !d.code.empty(), "a diagnostic without words or code");
    const auto text = texts.find(d.file);
    if (text != texts.end() && d.range.line != 0 && !text->second.empty()) {
      const auto ends = static_cast<std::size_t>(std::count(text->second.begin(), text->second.end(), '\n'));
      demand(d.range.line <= ends + 1, "a diagnostic below the last line");
      const auto line = lines(d.file, d.range.line);
      demand(d.range.column <= (line ? line->size() : 0) + 1, "a diagnostic behind the end of its line");
    }
  }
  demand_printable(reports::to_text(diagnostics, lines, {}), "a control character among the diagnostics");
}

const Texts& shipped_models() {
  static const Texts models = [] {
    Texts texts;
    const std::string folder = FLOWTANK_SOURCE_DIR "/models/services";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".json") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      texts["models/services/" + entry.path().filename().string()] = text.str();
    }
    return texts;
  }();
  return models;
}

void load_and_drive(const Texts& texts) {
  if (const auto scenario = load(texts, LoadPurpose::run)) {
    Diagnostics diagnostics;
    if (const auto result = run_scenario(*scenario, shipped_brokers(), {}, diagnostics)) report(*scenario, *result);
    demand_good(diagnostics, texts);
  }
  if (const auto scenario = load(texts, LoadPurpose::check)) {
    Diagnostics diagnostics;
    CheckOptions options;
    options.states = most_states;
    options.memory = std::size_t{256} << 20;
    if (const auto result = check_scenario(*scenario, shipped_brokers(), options, diagnostics)) report(*scenario, *result);
    demand_good(diagnostics, texts);
  }
}

}  // namespace flowtank::fuzz
