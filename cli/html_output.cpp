// SPDX-License-Identifier: Apache-2.0
// See html_output.hpp. Options that cannot alter the result (threads, folders, other reports) are left out of the command that
// the page shows; those that can are written as they were understood.
#include "cli/html_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <reports/text.hpp>

#include "cli/installation.hpp"
#include "cli/interrupt.hpp"

namespace flowtank::cli {

bool wants_html(const CommandLine& line) {
  return std::any_of(line.reports.begin(), line.reports.end(), [](const ReportWish& wish) { return wish.kind == ReportKind::html; });
}

void add_columns(reports::HtmlAside& html, const Scenario& scenario, const Result& result, const reports::ColumnDriver& drive) {
  reports::add_columns(html, scenario, result, drive, [] { return interrupted().load(); });
}

std::string same_again(const CommandLine& line, std::string_view command, const Scenario& scenario, const std::vector<std::string>& overrides) {
  std::string extra;
  const auto add = [&extra](const std::string& text) { extra += (extra.empty() ? "" : " ") + text; };
  if (line.command == Command::check && line.campaign.strategy != Strategy::exhaustive) add(fmt::format("--strategy {}", to_text(line.campaign.strategy)));
  if (line.campaign.runs) add(fmt::format("--runs {}", *line.campaign.runs));
  if (line.campaign.bug_depth) add(fmt::format("--bug-depth {}", *line.campaign.bug_depth));
  if (line.seed) add(fmt::format("--seed {}", *line.seed));
  if (line.horizon) add(fmt::format("--horizon {}ns", line.horizon->nanoseconds()));
  if (line.states) add(fmt::format("--states {}", *line.states));
  if (line.depth) add(fmt::format("--depth {}", *line.depth));
  if (line.time) add(fmt::format("--time {}ns", line.time->nanoseconds()));
  if (line.memory) add(fmt::format("--memory {}", *line.memory));
  if (line.campaign.shards != 1) add(fmt::format("--shard {}/{}", line.campaign.shard, line.campaign.shards));
  if (line.reduce != Reduce::none) add(line.reduce == Reduce::runs ? "--reduce runs" : "--reduce steps");
  if (line.exact) add("--exact");
  for (const std::string& ignored : line.ignore) add("--ignore " + reports::shell_word(ignored));
  if (line.local) add("--local");
  if (line.any_order) add("--any-order");
  return reports::command_line(scenario, command, overrides, extra);
}

void describe_command(reports::HtmlAside& html, const CommandLine& line, std::string_view command, const Scenario& scenario,
                      const std::vector<std::string>& overrides) {
  html.command = same_again(line, command, scenario, overrides) + " --report html=report.html";
  html.environment = {"Flowtank " + std::string(version()), compiler_text()};
}

}  // namespace flowtank::cli
