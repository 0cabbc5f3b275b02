// SPDX-License-Identifier: Apache-2.0
// What the verdicts rest on: how many handlers, steps and faults were reached, and which were not. Counted as the result counts:
// a handler that was never begun counts as one thing not reached, with all its steps.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

struct Share {
  std::string name;
  std::size_t reached = 0, all = 0;
};

// Steps of a handler that a person can point at: each label once.
std::size_t steps_of(const Handler& handler) {
  std::set<std::string> labels;
  for (const Instruction& at : handler.program.code) {
    if (is_visible(at.op) && at.op != Op::end && at.step < handler.program.steps.size()) labels.insert(handler.program.steps[at.step].label);
  }
  return labels.size();
}

std::vector<Share> shares(const System& system, const Result& result, const std::vector<NotReached>& not_reached) {
  std::vector<Share> out;
  std::set<std::uint32_t> missing;
  std::set<std::pair<std::uint32_t, std::string>> steps;
  for (const NotReached& part : not_reached) {
    if (part.step.empty()) missing.insert(part.handler);
    else steps.insert({part.handler, part.step});
  }
  Share handler_steps{"handler steps", 0, 0};
  for (std::uint32_t h = 0; h < system.handlers.size(); ++h) {
    const std::size_t count = steps_of(system.handlers[h]);
    handler_steps.all += count;
    if (missing.contains(h)) continue;
    const auto of_handler = static_cast<std::size_t>(std::count_if(steps.begin(), steps.end(), [h](const auto& s) { return s.first == h; }));
    handler_steps.reached += count - std::min(count, of_handler);
  }
  out.push_back({"handlers", system.handlers.size() - missing.size(), system.handlers.size()});
  out.push_back(std::move(handler_steps));
  Share faults{"faults that struck", 0, 0};
  for (const FaultOutcome& fault : result.faults) {
    if (!fault.applies) continue;
    ++faults.all;
    faults.reached += fault.took_effect ? 1 : 0;
  }
  if (faults.all != 0) out.push_back(std::move(faults));
  Share tested{"properties put to the test", 0, result.properties.size()};
  for (const PropertyOutcome& property : result.properties) tested.reached += property.verdict.kind != VerdictKind::vacuous ? 1 : 0;
  if (tested.all != 0) out.push_back(std::move(tested));
  return out;
}

// A run that left no trace, or a search that a limit stopped, does not know what it reached.
bool known(const Result& result) {
  if (result.campaign) return result.campaign->runs != 0;
  if (result.lineage) return true;
  return result.driver == Driver::run ? result.traced != nullptr || !result.not_reached.empty() : result.complete;
}

}  // namespace

std::string coverage(const Scenario& scenario, const Result& result, const RunSeries* series) {
  const std::vector<NotReached>& not_reached = series != nullptr ? series->not_reached : result.not_reached;
  Markup to;
  to.open("dl", {{"class", "extent"}});
  for (const auto& [name, value] : extent(scenario, result)) {
    to.leaf("dt", name);
    to.leaf("dd", value);
  }
  to.close();
  if (series == nullptr && !known(result)) {
    to.leaf("p", {{"class", "note"}}, "Which handlers and steps were reached is not known here: nothing was recorded, or a limit came first.");
    return to.take();
  }
  to.open("table", {{"class", "shares"}});
  to.open("tbody");
  for (const Share& share : shares(*scenario.system, result, not_reached)) {
    to.open("tr");
    to.leaf("th", {{"scope", "row"}}, share.name);
    to.open("td", {{"class", "share"}});
    const double part = share.all == 0 ? 1 : static_cast<double>(share.reached) / static_cast<double>(share.all);
    to.open("svg", {{"class", "share"}, {"viewBox", "0 0 200 8"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}});
    to.open("rect", {{"class", "share-all"}, {"width", "200"}, {"height", "8"}});
    to.close();
    to.open("rect", {{"class", "share-reached"}, {"width", fmt::format("{:.0f}", part * 200)}, {"height", "8"}});
    to.close();
    to.close();
    to.close();
    to.leaf("td", {{"class", "number"}}, fmt::format("{} / {}", thousands(share.reached), thousands(share.all)));
    to.close();
  }
  to.close();
  to.close();
  if (not_reached.empty()) return to.take();
  std::vector<std::string> missing;
  for (const NotReached& part : not_reached) missing.push_back(part.what + (part.step.empty() ? "" : ": " + part.step));
  to.open("details");
  to.leaf("summary", fmt::format("Not reached: {}", counted(missing.size(), "handler or step", "handlers and steps")));
  to.verbatim(bullet_list(missing, 200, "missing"));
  to.close();
  return to.take();
}

std::string bullet_list(const std::vector<std::string>& lines, std::size_t most, std::string_view style) {
  Markup to;
  to.open("ul", {{"class", style.empty() ? "plain" : std::string(style)}});
  for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) {
    to.open("li");
    to.with_code(lines[i]);
    to.close();
  }
  if (lines.size() > most) to.leaf("li", {{"class", "gap"}}, fmt::format("and {} more", lines.size() - most));
  to.close();
  return to.take();
}

std::string commands_to_type(const std::vector<CommandToType>& commands) {
  Markup to;
  to.open("div", {{"class", "commands"}});
  for (const CommandToType& command : commands) {
    if (!command.what.empty()) to.leaf("p", {{"class", "what"}}, command.what);
    to.open("pre", {{"class", "command"}, {"tabindex", "0"}});
    to.leaf("code", command.command);
    to.close();
  }
  to.close();
  return to.take();
}

}  // namespace flowtank::reports::html
