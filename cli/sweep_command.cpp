// SPDX-License-Identifier: Apache-2.0
// run and check with --sweep: the scenario once for each combination of values, one table in the end. A row is judged as
// its --set would be: a demanded FAIL that a value repairs is as expected. The exit code is that of the worst row.
#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/html/report.hpp>
#include <reports/sweep_table.hpp>
#include <reports/text.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/check/sweep.hpp>
#include <sim/scenario/scenario.hpp>

#include "cli/check_wishes.hpp"
#include "cli/driven_row.hpp"
#include "cli/face.hpp"
#include "cli/html_output.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/report_files.hpp"
#include "cli/shrunk_files.hpp"

namespace flowtank::cli {
namespace {

constexpr int bad_input = static_cast<int>(ExitCode::bad_input);

std::string_view command_word(const CommandLine& line) { return line.command == Command::check ? "check" : "run"; }

std::string row_name(const std::vector<std::string>& overrides) {
  std::string name;
  for (const std::string& one : overrides) name += (name.empty() ? "" : ", ") + one;
  return name;
}

// The scenario as the file has it; where only other values make it whole, as a row had it.
std::string page_of(const CommandLine& line, const SweepTable& table, const std::vector<reports::ReportRow>& rows, std::shared_ptr<const Scenario> example) {
  LoadOptions load;
  load.purpose = line.command == Command::check ? purpose_of(line.campaign.strategy) : LoadPurpose::run;
  load.overrides = line.overrides;
  load.model_path = line.models;
  Diagnostics ignored;
  if (auto own = load_scenario(line.file, load, ignored)) example = std::make_shared<const Scenario>(std::move(*own));
  if (!example) {
    auto nothing = std::make_shared<Scenario>();  // a page of rows none of which could be driven
    nothing->file = line.file;
    nothing->system = std::make_shared<System>();
    example = nothing;
  }
  std::vector<std::vector<std::string>> said;
  for (const reports::ReportRow& row : rows) {
    said.emplace_back();
    for (const reports::Finding& finding : reports::findings_of({row}, line.file)) said.back().push_back(finding.message);
  }
  reports::HtmlAside page;
  describe_command(page, line, command_word(line), *example, line.overrides);
  page.command = same_again(line, command_word(line), *example, line.overrides);
  for (const std::string& text : line.sweep) page.command += " --sweep " + reports::shell_word(text);
  if (line.tway) page.command += fmt::format(" --tway {}", *line.tway);
  page.command += " --report html=report.html";
  return reports::sweep_html(*example, table, said, page);
}

}  // namespace

std::optional<DrivenScenario> drive_row(const CommandLine& line, const std::vector<std::string>& overrides, Progress& progress, Diagnostics& diagnostics) {
  const bool check = line.command == Command::check;
  LoadOptions load;
  load.purpose = check ? purpose_of(line.campaign.strategy) : LoadPurpose::run;
  load.overrides = line.overrides;
  load.overrides.insert(load.overrides.end(), overrides.begin(), overrides.end());
  load.model_path = line.models;
  auto loaded = load_scenario(line.file, load, diagnostics);
  if (!loaded) return std::nullopt;
  const auto scenario = std::make_shared<const Scenario>(std::move(*loaded));
  std::optional<Result> result;
  if (check && info(line.campaign.strategy).samples) {
    CampaignOptions options = campaign_wishes(line, *scenario, progress);
    options.overrides = load.overrides;
    result = check_by_campaign(*scenario, shipped_brokers(), options, diagnostics);
    if (result) leave_as_found(*result, "rows of a table are only compared");
  } else if (check) {
    CheckOptions options = check_wishes(line, *scenario, progress);
    options.overrides = load.overrides;
    result = check_scenario(*scenario, shipped_brokers(), options, diagnostics);
  } else {
    RunOptions options;
    options.seed = line.seed;
    options.horizon = line.horizon;
    options.trace_actions = 0;  // the table tells no story
    options.hooks.cancelled = &interrupted();
    result = run_scenario(*scenario, shipped_brokers(), options, diagnostics);
  }
  if (!result) return std::nullopt;
  accept_repaired(*result);
  return DrivenScenario{scenario, std::move(*result)};
}

int sweep_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  std::vector<SweepParameter> parameters;
  for (const std::string& text : line.sweep) {
    if (auto parameter = parse_sweep(text, diagnostics)) parameters.push_back(std::move(*parameter));
  }
  if (!diagnostics.ok()) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  const CampaignArguments& campaign = line.campaign;
  if (campaign.strategy == Strategy::lineage || !campaign.file.empty() || !campaign.resume.empty() || campaign.shards != 1) {
    print_error("a sweep takes neither lineage nor --campaign, --resume and --shard", "Drive the rows one by one with --set.", face);
    return bad_input;
  }
  const auto together = static_cast<std::size_t>(line.tway.value_or(0));
  const auto rows = sweep_rows(parameters, together);
  if (!rows) {
    print_error(fmt::format("the sweep has more than {} rows, or more than {} combinations to cover", most_sweep_rows, most_sweep_combinations), "Fewer values, or --tway 2: every pair of values comes once.", face);
    return bad_input;
  }
  catch_interrupts();
  Progress progress(face.err_terminal);
  RowReports reports;
  std::shared_ptr<const Scenario> example;  // of a row, for what a page says of the scenario
  const auto drive = [&](const std::vector<std::string>& overrides, Diagnostics& problems) -> std::optional<Result> {
    auto driven = drive_row(line, overrides, progress, problems);
    if (line.reports.empty()) return driven ? std::optional(std::move(driven->result)) : std::nullopt;
    const std::string name = row_name(overrides);
    if (!driven) {
      const auto& all = problems.all();
      reports.rows.push_back(reports::row_not_driven(name, all.empty() ? "" : all.front().code + ": " + all.front().message, true));
      return std::nullopt;
    }
    std::vector<std::string> all = line.overrides;
    all.insert(all.end(), overrides.begin(), overrides.end());
    reports.rows.push_back(reports::row_of(name, *driven->scenario, driven->result, same_again(line, command_word(line), *driven->scenario, all)));
    if (!example) example = driven->scenario;
    return std::move(driven->result);
  };
  const SweepTable table = sweep(line.command == Command::check ? Driver::check : Driver::run, std::move(parameters), together, *rows, drive, [] { return interrupted().load(); });
  progress.clear();
  const bool said = say(report_on_stdout(line) ? stderr : stdout, reports::sweep_text(line.file, table, terminal_style(face, line.quiet)));
  reports.json = [&] { return reports::sweep_json(line.file, table); };
  reports.markdown = [&] { return reports::sweep_markdown(line.file, table); };
  reports.html = [&] { return page_of(line, table, reports.rows, example); };
  const bool failed = !write_row_reports(line, face, reports, static_cast<int>(table.exit)) || !said;
  if (table.interrupted) return interrupt_exit_code();
  return failed ? bad_input : static_cast<int>(table.exit);
}

}  // namespace flowtank::cli
