// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 for code scanning. Paths stay as the user named them (relative ones are relative to where the command ran, which
// is the root of a checkout in a pipeline); columns become characters, as the format counts them.
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci/pipeline.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t most_results = 5000;
constexpr std::size_t most_steps = 1000;
constexpr std::size_t longest_message = 10'000;

std::string cut(const std::string& text) { return shortened(text, longest_message, "..."); }

// A reference: "scenarios/a%20b.json", "file:///work/x.json".
std::string uri(const std::string& path) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || std::string_view("-._~/").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

class SarifLog {
 public:
  explicit SarifLog(const PipelineRun& run) : run_(run) {}

  void add(const Finding& finding) {
    json result{{"ruleId", finding.rule}, {"ruleIndex", rule_index(finding)}, {"level", level_word(finding.level)}};
    std::string text = finding.message;
    if (!finding.hint.empty()) text += " " + finding.hint;
    if (!finding.command.empty()) text += " Again: " + finding.command;
    result["message"]["text"] = cut(text);
    result["locations"] = json::array({location(finding.place)});
    if (!finding.cause.file.empty()) {
      json cause = location(finding.cause);
      cause["message"]["text"] = cut("Cause: " + finding.cause_says);
      cause["id"] = 1;
      result["relatedLocations"] = json::array({std::move(cause)});
    }
    if (!finding.steps.empty()) result["codeFlows"] = json::array({code_flow(finding)});
    const std::size_t again = ++seen_[finding.fingerprint];
    result["partialFingerprints"] = {{"flowtank/v1", fmt::format("{}:{}", finding.fingerprint, again)},
                                     {"primaryLocationLineHash", fmt::format("{}:{}", finding.fingerprint.substr(0, 16), again)}};
    if (!finding.reason.empty()) {
      result["suppressions"] = json::array({{{"kind", "external"}, {"status", "accepted"}, {"justification", cut(finding.reason)}}});
    }
    json properties;
    if (!finding.subject.empty()) properties["subject"] = cut(finding.subject);
    if (!finding.driver.empty()) properties["driver"] = finding.driver;
    if (!properties.empty()) result["properties"] = std::move(properties);
    results_.push_back(std::move(result));
  }

  std::string text(std::size_t left_out) {
    json invocation{{"executionSuccessful", run_.exit != 2 && run_.exit != 3}, {"exitCode", run_.exit}};
    if (left_out != 0) {
      invocation["toolExecutionNotifications"] = json::array(
          {{{"level", "warning"}, {"message", {{"text", fmt::format("{} more results are left out: readers keep {}", left_out, most_results)}}}}});
    }
    json driver{{"name", "Flowtank"}, {"fullName", "Flowtank, a test bench for event-driven services"}, {"semanticVersion", run_.version}, {"rules", std::move(rules_)}};
    json run;
    run["tool"]["driver"] = std::move(driver);
    run["automationDetails"]["id"] = fmt::format("flowtank/{}/{}/", run_.command, printable(run_.scenario));
    run["columnKind"] = "unicodeCodePoints";
    run["invocations"] = json::array({std::move(invocation)});
    run["results"] = std::move(results_);
    const json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", json::array({std::move(run)})}};
    return log.dump(2) + "\n";
  }

 private:
  std::size_t rule_index(const Finding& finding) {
    const auto [at, added] = rule_numbers_.emplace(finding.rule, rules_.size());
    if (added) {
      const bool risk = finding.rule.starts_with("FT-LINT");
      rules_.push_back({{"id", finding.rule},
                        {"shortDescription", {{"text", finding.rule_says}}},
                        {"defaultConfiguration", {{"level", level_word(finding.level)}}},
                        {"properties", {{"tags", json::array({risk ? "risk" : finding.rule.starts_with("FT") ? "input" : "consistency"})}}}});
    }
    return at->second;
  }

  json location(const FindingPlace& place) const {
    json out;
    json& physical = out["physicalLocation"];
    physical["artifactLocation"]["uri"] = uri(place.file.empty() ? run_.scenario : place.file);
    if (place.where.line == 0) return out;
    json& region = physical["region"];
    region["startLine"] = place.where.line;
    if (place.where.column == 0) return out;
    const auto line = run_.source ? run_.source(place.file, place.where.line) : std::nullopt;
    const std::size_t before = place.where.column - 1;
    if (!line || before > line->size()) {
      region["startColumn"] = place.where.column;
      if (place.where.length != 0) region["endColumn"] = place.where.column + place.where.length;
      return out;
    }
    const std::size_t start = width_of(std::string_view(*line).substr(0, before)) + 1;
    region["startColumn"] = start;
    if (place.where.length != 0) region["endColumn"] = start + std::max<std::size_t>(1, width_of(std::string_view(*line).substr(before, place.where.length)));
    return out;
  }

  json code_flow(const Finding& finding) const {
    json steps = json::array();
    for (const std::string& step : finding.steps) {
      if (steps.size() == most_steps) break;
      json at = location(finding.place);
      at["message"]["text"] = cut(step);
      steps.push_back({{"location", std::move(at)}});
    }
    json thread;
    thread["locations"] = std::move(steps);
    return {{"threadFlows", json::array({std::move(thread)})}};
  }

  const PipelineRun& run_;
  json rules_ = json::array();
  json results_ = json::array();
  std::map<std::string, std::size_t> rule_numbers_;
  std::map<std::string, std::size_t> seen_;  // by fingerprint
};

}  // namespace

std::string sarif_report(std::vector<Finding> findings, const PipelineRun& run) {
  const std::size_t all = findings.size();
  if (all > most_results) {
    most_important_first(findings);
    findings.resize(most_results);
  }
  SarifLog log(run);
  for (const Finding& finding : findings) log.add(finding);
  return log.text(all - findings.size());
}

}  // namespace flowtank::reports
