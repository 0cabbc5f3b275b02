// SPDX-License-Identifier: Apache-2.0
// TAP 14: version, plan, test points, YAML blocks indented by two. Descriptions escape what begins a directive; texts inside
// YAML are JSON strings, which YAML reads as they are.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci/pipeline.hpp"
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

class Points {
 public:
  void begin(bool ok, const std::string& text, const std::string& accepted) {
    text_ += fmt::format("{} {} - {}", ok ? "ok" : "not ok", ++count_, description(text));
    if (!accepted.empty()) text_ += " # TO" "DO accepted: " + description(accepted);  // TAP's word for what may fail
    text_ += "\n";
  }
  void yaml_begin() { text_ += "  ---\n"; }
  void yaml(std::string_view key, const std::string& value) {
    if (!value.empty()) text_ += fmt::format("  {}: {}\n", key, quoted(value));
  }
  void number(std::string_view key, std::uint64_t value) { text_ += fmt::format("  {}: {}\n", key, value); }
  void list(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    text_ += fmt::format("  {}:\n", key);
    for (const std::string& value : values) text_ += "    - " + quoted(value) + "\n";
  }
  void yaml_end() { text_ += "  ...\n"; }
  std::string whole(std::string_view bail) const {
    std::string out = fmt::format("TAP version 14\n1..{}\n{}", count_, text_);
    if (!bail.empty()) out += fmt::format("Bail out! {}\n", description(bail));
    return out;
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

void diagnose(Points& points, const Finding& finding) {
  points.yaml_begin();
  points.yaml("message", finding.message);
  points.yaml("severity", std::string(level_word(finding.level)));
  points.yaml("rule", finding.rule);
  points.yaml("hint", finding.hint);
  points.yaml("again", finding.command);
  if (!finding.place.file.empty()) {
    points.yaml("file", finding.place.file);
    if (finding.place.where.line != 0) points.number("line", finding.place.where.line);
    if (finding.place.where.column != 0) points.number("column", finding.place.where.column);
  }
  points.list("story", finding.steps);
  points.yaml("fingerprint", finding.fingerprint);
  points.yaml_end();
}

}  // namespace

std::string tap_report(const Scenario& scenario, const Result& result, const Aside& aside) {
  const std::vector<Finding> findings = findings_of(scenario, result, aside);
  Points points;
  for (const Finding& finding : findings) {
    if (!finding.subject.empty()) continue;  // a fault of ours is about no property
    points.begin(false, finding.message, "");
    diagnose(points, finding);
  }
  for (std::size_t i = 0; i < result.properties.size(); ++i) {
    const Verdict& verdict = result.properties[i].verdict;
    const std::string name = printable(verdict.property);
    const Finding* found = nullptr;
    for (const Finding& finding : findings) {
      if (!finding.property.empty() && finding.property == verdict.property) found = &finding;
    }
    points.begin(found == nullptr, fmt::format("{} ({}{}{})", name, to_text(verdict.kind), to_text(verdict.strength).empty() ? "" : " ", to_text(verdict.strength)),
                 found == nullptr ? "" : found->reason);
    if (found != nullptr) diagnose(points, *found);
  }
  return points.whole("");
}

std::string tap_report(const std::vector<Finding>& findings, const PipelineRun& run, bool bail) {
  Points points;
  if (findings.empty()) points.begin(true, fmt::format("{} {}", run.command, printable(run.scenario)), "");
  for (const Finding& finding : findings) {
    const bool fails = finding.level == Severity::error || (finding.level == Severity::warning && run.exit != 0);
    points.begin(!fails, finding.rule + (finding.subject.empty() ? "" : " " + finding.subject), finding.reason);
    diagnose(points, finding);
  }
  return points.whole(bail ? "the input is wrong, nothing was run" : "");
}

}  // namespace flowtank::reports
