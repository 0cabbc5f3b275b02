// SPDX-License-Identifier: Apache-2.0
// lint(): studies a scenario once, asks each group for its findings, puts them in order and sets apart what the
// scenario allows.
#include "sim/topology/lint.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

Study::Study(const Scenario& scenario_)
    : scenario(scenario_), system(*scenario_.system), topology(system, &scenario_.spots), flow(flow_of(topology)),
      reached(reachable(flow.graph, origins(topology))), spoken(system.expressions.size(), false) {
  handlers.reserve(system.handlers.size());
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
    handlers.emplace_back(system, i);
    sites.push_back(sites_of(system.handlers[i].program));
    for (const Step& step : system.handlers[i].program.steps) {
      if (step.says != none) spoken[step.says] = true;
    }
  }
}

void Study::add(Severity severity, std::string_view code, std::string subject, const Spot& spot, std::string message, std::string hint) {
  Finding finding;
  finding.diagnostic = {severity, std::string(code), spot.file, spot.where, spot.pointer, std::move(message), std::move(hint)};
  finding.subject = std::move(subject);
  out.push_back(std::move(finding));
}

const std::string& Study::label_of(std::uint32_t handler, std::uint32_t instruction) const {
  const Program& program = system.handlers[handler].program;
  return program.steps[program.code[instruction].step].label;
}

Spot Study::spot_of_channel(std::uint32_t channel) const {
  return channel < scenario.channel_spots.size() ? scenario.channel_spots[channel] : Spot{scenario.file, {1, 1, 1}, ""};
}

namespace {

bool covers(const Allowance& allowance, const Finding& finding) {
  if (allowance.code != finding.diagnostic.code) return false;
  if (allowance.on == "*" || allowance.on == finding.subject) return true;
  return finding.subject.starts_with(allowance.on + ".");
}

void set_apart(Study& study, LintResult& result) {
  const auto& allowances = study.scenario.allowances;
  std::vector<bool> used(allowances.size(), false);
  for (Finding& finding : study.out) {
    for (std::size_t i = 0; i < allowances.size(); ++i) {
      if (!covers(allowances[i], finding)) continue;
      used[i] = true;
      if (finding.reason.empty()) finding.reason = allowances[i].reason;
    }
  }
  for (std::size_t i = 0; i < allowances.size(); ++i) {
    if (used[i]) continue;
    std::vector<std::string> subjects;
    for (const Finding& finding : study.out) {
      if (finding.diagnostic.code == allowances[i].code) subjects.push_back(finding.subject);
    }
    study.warn(codes::lint_allowance_unused, allowances[i].on, allowances[i].spot,
               fmt::format("nothing here is {} on \"{}\"", allowances[i].code, allowances[i].on),
               subjects.empty() ? "Remove the allowance." : name_hint(allowances[i].on, subjects, "It is found on"));
  }
  for (Finding& finding : study.out) (finding.reason.empty() ? result.findings : result.allowed).push_back(std::move(finding));
}

void put_in_order(std::vector<Finding>& findings) {
  const auto key = [](const Finding& f) {
    const Diagnostic& d = f.diagnostic;
    return std::tie(d.file, d.range.line, d.range.column, d.code, f.subject, d.message);
  };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
}

}  // namespace

LintResult lint(const Scenario& scenario) {
  Study study(scenario);
  lint_messages(study);
  lint_flow(study);
  lint_handlers(study);
  lint_state(study);
  lint_scenario(study);
  LintResult result;
  set_apart(study, result);
  put_in_order(result.findings);
  put_in_order(result.allowed);
  return result;
}

}  // namespace flowtank::topology
