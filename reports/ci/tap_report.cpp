// SPDX-License-Identifier: Apache-2.0
// TAP 14: version, plan, test points, YAML blocks indented by two. Descriptions escape what begins a directive; texts inside
// YAML are JSON strings, which YAML reads as they are.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci/pipeline.hpp"
#include "reports/ci/tap_points.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string description(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string quoted(const std::string& text) { return nlohmann::json(printable(text)).dump(); }

// TAP's word for what may fail.
std::string accepted(const Finding& finding) { return finding.reason.empty() ? "" : "TO" "DO accepted: " + finding.reason; }

}  // namespace

void TapPoints::begin(bool ok, const std::string& text, const std::string& directive) {
  text_ += fmt::format("{} {} - {}", ok ? "ok" : "not ok", ++count_, description(text));
  if (!directive.empty()) text_ += " # " + description(directive);
  text_ += "\n";
}

void TapPoints::yaml(std::string_view key, const std::string& value) {
  if (!value.empty()) text_ += fmt::format("  {}: {}\n", key, quoted(value));
}

void TapPoints::number(std::string_view key, std::uint64_t value) { text_ += fmt::format("  {}: {}\n", key, value); }

void TapPoints::diagnose(const Finding& finding) {
  text_ += "  ---\n";
  yaml("message", finding.message);
  yaml("severity", std::string(level_word(finding.level)));
  yaml("rule", finding.rule);
  yaml("hint", finding.hint);
  yaml("again", finding.command);
  if (!finding.place.file.empty()) {
    yaml("file", finding.place.file);
    if (finding.place.where.line != 0) number("line", finding.place.where.line);
    if (finding.place.where.column != 0) number("column", finding.place.where.column);
  }
  if (!finding.steps.empty()) text_ += "  story:\n";
  for (const std::string& step : finding.steps) text_ += "    - " + quoted(step) + "\n";
  yaml("fingerprint", finding.fingerprint);
  text_ += "  ...\n";
}

std::string TapPoints::whole(std::string_view bail) const {
  std::string out = fmt::format("TAP version 14\n1..{}\n{}", count_, text_);
  if (!bail.empty()) out += fmt::format("Bail out! {}\n", description(bail));
  return out;
}

std::string tap_report(const Scenario& scenario, const Result& result, const Aside& aside) {
  const std::vector<Finding> findings = findings_of(scenario, result, aside);
  TapPoints points;
  for (const Finding& finding : findings) {
    if (!finding.subject.empty()) continue;  // a fault of ours is about no property
    points.begin(false, finding.message);
    points.diagnose(finding);
  }
  for (std::size_t i = 0; i < result.properties.size(); ++i) {
    const Verdict& verdict = result.properties[i].verdict;
    const std::string name = printable(verdict.property);
    const Finding* found = nullptr;
    for (const Finding& finding : findings) {
      if (!finding.property.empty() && finding.property == verdict.property) found = &finding;
    }
    points.begin(found == nullptr, fmt::format("{} ({}{}{})", name, to_text(verdict.kind), to_text(verdict.strength).empty() ? "" : " ", to_text(verdict.strength)),
                 found == nullptr ? "" : accepted(*found));
    if (found != nullptr) points.diagnose(*found);
  }
  return points.whole("");
}

std::string tap_report(const std::vector<Finding>& findings, const PipelineRun& run, bool bail) {
  TapPoints points;
  if (findings.empty()) points.begin(true, fmt::format("{} {}", run.command, printable(run.scenario)));
  for (const Finding& finding : findings) {
    const bool fails = finding.level == Severity::error || (finding.level == Severity::warning && run.exit != 0);
    points.begin(!fails, finding.rule + (finding.subject.empty() ? "" : " " + finding.subject), accepted(finding));
    points.diagnose(finding);
  }
  return points.whole(bail ? "the input is wrong, nothing was run" : "");
}

}  // namespace flowtank::reports
