// SPDX-License-Identifier: Apache-2.0
// run and check with --brokers: the scenario once under each kind of broker, verdicts side by side, with the rule that
// explains each difference. The exit code is that of the worst row, as of a sweep; a kind that cannot carry the scenario is
// listed and decides nothing, unless it is the one that the file names.
#include <algorithm>

#include <fmt/format.h>

#include <models/brokers/differences.hpp>
#include <models/brokers/registry.hpp>
#include <reports/broker_matrix_table.hpp>
#include <reports/html/report.hpp>
#include <reports/text.hpp>
#include <sim/check/broker_matrix.hpp>

#include "cli/check_wishes.hpp"
#include "cli/driven_row.hpp"
#include "cli/face.hpp"
#include "cli/html_output.hpp"
#include "cli/interrupt.hpp"
#include "cli/report_files.hpp"

namespace flowtank::cli {
namespace {

constexpr int bad_input = static_cast<int>(ExitCode::bad_input);

bool refused(const CommandLine& line, const Face& face) {
  const CampaignArguments& campaign = line.campaign;
  if (campaign.strategy == Strategy::lineage || !campaign.file.empty() || !campaign.resume.empty() || campaign.shards != 1) {
    print_error("a comparison of brokers takes neither lineage nor --campaign, --resume and --shard", "Drive the kinds one by one with --set brokers.NAME.kind=KIND.", face);
    return true;
  }
  return false;
}

std::string_view command_word(const CommandLine& line) { return line.command == Command::check ? "check" : "run"; }

BrokerRule rule_of(const System& system, const std::string& kind, const std::string& happened, bool harmed) {
  const BrokerDifference* found = find_difference(system, kind, happened, harmed);
  if (found == nullptr) return {};
  return {std::string(found->rule), std::string(found->sentence)};
}

}  // namespace

int brokers_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto kinds = brokers_asked(line.brokers, shipped_brokers(), diagnostics);
  if (!kinds) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  if (refused(line, face)) return bad_input;
  LoadOptions load;
  load.purpose = line.command == Command::check ? purpose_of(line.campaign.strategy) : LoadPurpose::run;
  load.overrides = line.overrides;
  load.model_path = line.models;
  Diagnostics of_file;
  const auto own = load_scenario(line.file, load, of_file);
  if (!own) return nothing_was_run(line, of_file, face);
  const std::string own_kind = own->system->brokers.empty() ? "" : own->system->brokers[0].kind;
  catch_interrupts();
  Progress progress(face.err_terminal);
  std::vector<DrivenScenario> driven;  // by row; only what a page shows is kept
  RowReports reports;
  const auto drive = [&](const std::string& kind, Diagnostics& problems) -> std::optional<DrivenScenario> {
    const auto overrides = overrides_for_broker(line.file, load, kind, shipped_brokers(), problems);
    auto row = overrides ? drive_row(line, *overrides, progress, problems) : std::nullopt;
    if (!row) return row;
    std::vector<std::string> all = line.overrides;
    all.insert(all.end(), overrides->begin(), overrides->end());
    reports.rows.push_back(reports::row_of(kind, *row->scenario, row->result, same_again(line, command_word(line), *row->scenario, all)));
    if (wants_html(line)) driven.push_back(*row);
    return row;
  };
  BrokerMatrix matrix = broker_matrix(line.command == Command::check ? Driver::check : Driver::run, *kinds, own_kind, drive, [] { return interrupted().load(); });
  explain_differences(matrix, rule_of);
  progress.clear();
  for (const BrokerMatrix::NotCarried& one : matrix.not_carried) reports.rows.push_back(reports::row_not_driven(one.kind, one.why, matrix.rows.empty()));
  const bool said = say(report_on_stdout(line) ? stderr : stdout, reports::broker_matrix_text(line.file, matrix, terminal_style(face, line.quiet)));
  reports.json = [&] { return reports::broker_matrix_json(line.file, matrix); };
  reports.markdown = [&] { return reports::broker_matrix_markdown(line.file, matrix); };
  reports.html = [&] {
    reports::HtmlAside page;
    describe_command(page, line, command_word(line), *own, line.overrides);
    page.command = same_again(line, command_word(line), *own, line.overrides) + " --brokers " + reports::shell_word(line.brokers) + " --report html=report.html";
    return reports::brokers_html(*own, matrix, driven, page);
  };
  const bool failed = !write_row_reports(line, face, reports, static_cast<int>(matrix.exit)) || !said;
  if (matrix.interrupted) return interrupt_exit_code();
  return failed ? bad_input : static_cast<int>(matrix.exit);
}

}  // namespace flowtank::cli
