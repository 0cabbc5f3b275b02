// SPDX-License-Identifier: Apache-2.0
// See findings.hpp. Everything that users wrote becomes printable here, once, for all formats of pipelines.
#include "reports/ci/findings.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <sim/base/hash.hpp>
#include <sim/property/property_kinds.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string fingerprint_of(const std::string& rule, const std::string& file, const std::string& subject) {
  Hash128 hash = hash_bytes(rule);
  hash = combine(hash, hash_bytes(scenario_id(file)));
  hash = combine(hash, hash_bytes(subject));
  return fmt::format("{:016x}{:016x}", hash.hi, hash.lo);
}

void judge_rule(const PropertySpec* spec, const Verdict& verdict, Finding& finding) {
  switch (verdict.kind) {
    case VerdictKind::fail:
      finding.rule = spec == nullptr ? "property" : "property." + std::string(property_kind(spec->kind).name);
      finding.rule_says = spec == nullptr ? "A property fails." : std::string(property_kind(spec->kind).summary);
      return;
    case VerdictKind::inconclusive:
      finding.level = Severity::warning;
      finding.rule = "verdict.inconclusive";
      finding.rule_says = "A limit came before the property was decided.";
      return;
    case VerdictKind::vacuous:
      finding.rule = "verdict.vacuous";
      finding.rule_says = "Nothing was shown: a fault never took effect, or what the property is about never happened.";
      return;
    case VerdictKind::pass:
      finding.rule = "verdict.unexpected_pass";
      finding.rule_says = "The scenario demands a FAIL, or a stronger verdict, and the property passes.";
      return;
  }
}

void tell_failure(const Scenario& scenario, const Result& result, const PropertyOutcome& property, Finding& finding) {
  const Story story = tell(scenario, result, property);
  finding.message = fmt::format("{}: {}", finding.subject, story.headline);
  if (!story.origin.empty()) finding.message += (story.headline.ends_with('.') ? " " : ". ") + story.origin;
  for (const StoryStep& step : story.steps) finding.steps.push_back(step.sentence);
  if (story.cause) {
    finding.cause = {story.cause->file, story.cause->where};
    finding.cause_says = fmt::format("{} = {}", printable(story.cause->option), printable(story.cause->value));
    if (!story.cause->says.empty()) finding.cause_says += ": " + story.cause->says;
  }
  if (!story.try_command.empty()) finding.hint = "Try: " + printable(story.try_command);
}

std::string command_of(const Scenario& scenario, const Result& result, const Aside& aside, const PropertyOutcome& property) {
  if (const auto files = replay_files(property, aside); !files.empty()) return "flowtank replay " + printable(shell_word(files.front().file));
  if (!aside.again.empty()) return printable(aside.again);
  std::string command = fmt::format("flowtank {} {}", to_text(result.driver), printable(shell_word(scenario.file)));
  if (result.driver == Driver::run) command += fmt::format(" --seed {}", result.seed);
  return command;
}

Finding of_diagnostic(const std::string& scenario, const Diagnostic& d) {
  Finding finding;
  finding.level = d.severity;
  finding.rule = d.code.empty() ? "FT" : d.code;
  finding.rule_says = "See the page of diagnostic codes: " + finding.rule + ".";
  finding.scenario = scenario;
  finding.message = with_capital(printable(d.message)) + ".";
  finding.hint = printable(d.hint);
  finding.place = {d.file, d.range};
  finding.fingerprint = fingerprint_of(finding.rule, d.file.empty() ? scenario : d.file, d.pointer + "\n" + d.message);
  return finding;
}

}  // namespace

std::vector<Finding> findings_of(const Scenario& scenario, const Result& result, const Aside& aside) {
  std::vector<Finding> findings;
  if (!result.our_fault.empty()) {
    Finding finding;
    finding.rule = "flowtank.fault";
    finding.rule_says = "Flowtank itself is wrong: it was not deterministic, or broke a promise.";
    finding.scenario = scenario.file;
    finding.driver = to_text(result.driver);
    finding.message = printable(result.our_fault);
    finding.place = {scenario.file, {1, 1, 1}};
    finding.fingerprint = fingerprint_of(finding.rule, scenario.file, "");
    findings.push_back(std::move(finding));
  }
  for (std::size_t i = 0; i < result.properties.size() && i < result.expectations.size(); ++i) {
    const PropertyOutcome& property = result.properties[i];
    const std::string& name = property.verdict.property;
    const auto accepted = aside.accepted.find(name);
    if (result.expectations[i].met && accepted == aside.accepted.end()) continue;
    const PropertySpec* spec = property.verdict.index < scenario.properties.size() ? &scenario.properties[property.verdict.index] : nullptr;
    Finding finding;
    finding.subject = printable(name);
    finding.property = name;
    finding.scenario = scenario.file;
    finding.driver = to_text(result.driver);
    judge_rule(spec, property.verdict, finding);
    finding.message = fmt::format("{}: {}", finding.subject, printable(result.expectations[i].why.empty() ? property.verdict.note : result.expectations[i].why));
    if (property.verdict.kind == VerdictKind::fail && !property.verdict.evidence.empty()) tell_failure(scenario, result, property, finding);
    finding.command = command_of(scenario, result, aside, property);
    finding.place = {scenario.file, {1, 1, 1}};
    if (spec != nullptr && spec->where.line != 0) finding.place = {spec->file.empty() ? scenario.file : spec->file, spec->where};
    finding.fingerprint = fingerprint_of(finding.rule, scenario.file, name);
    if (accepted != aside.accepted.end()) finding.reason = printable(accepted->second);
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> findings_of(const std::string& scenario, const Diagnostics& diagnostics) {
  std::vector<Finding> findings;
  for (const Diagnostic& d : diagnostics.all()) findings.push_back(of_diagnostic(scenario, d));
  return findings;
}

std::vector<Finding> findings_of(const std::string& scenario, const topology::LintResult& result) {
  std::vector<Finding> findings;
  const auto add = [&](const topology::Finding& found) {
    Finding finding = of_diagnostic(scenario, found.diagnostic);
    finding.subject = printable(found.subject);
    finding.fingerprint = fingerprint_of(finding.rule, scenario, found.subject);
    finding.reason = printable(found.reason);
    findings.push_back(std::move(finding));
  };
  for (const topology::Finding& found : result.findings) add(found);
  for (const topology::Finding& found : result.allowed) add(found);
  return findings;
}

void most_important_first(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.reason.empty() != b.reason.empty()) return a.reason.empty();
    return static_cast<int>(a.level) > static_cast<int>(b.level);
  });
}

std::string scenario_id(const std::string& path) {
  const std::filesystem::path named = path;
  return (named.is_absolute() ? named.filename() : named.lexically_normal()).string();
}

std::string_view level_word(Severity level) { return level == Severity::error ? "error" : level == Severity::warning ? "warning" : "note"; }

}  // namespace flowtank::reports
