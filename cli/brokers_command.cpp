// SPDX-License-Identifier: Apache-2.0
// run and check with --brokers: the scenario once under each kind of broker, verdicts side by side, with the rule that
// explains each difference. The exit code is that of the worst row, as of a sweep; a kind that cannot carry the scenario is
// listed and decides nothing, unless it is the one that the file names.
#include <algorithm>

#include <fmt/format.h>

#include <models/brokers/differences.hpp>
#include <models/brokers/registry.hpp>
#include <reports/broker_matrix_table.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/check/broker_matrix.hpp>

#include "cli/campaign_wishes.hpp"
#include "cli/driven_row.hpp"
#include "cli/face.hpp"
#include "cli/interrupt.hpp"

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

BrokerRule rule_of(const System& system, const std::string& kind, const std::string& happened, bool harmed) {
  const BrokerDifference* found = find_difference(system, kind, happened, harmed);
  if (found == nullptr) return {};
  return {std::string(found->rule), std::string(found->sentence)};
}

}  // namespace

int brokers_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto kinds = brokers_asked(line.brokers, shipped_brokers(), diagnostics);
  print(diagnostics, face);
  if (!kinds || refused(line, face)) return bad_input;
  LoadOptions load;
  load.purpose = line.command == Command::check ? purpose_of(line.campaign.strategy) : LoadPurpose::run;
  load.overrides = line.overrides;
  load.model_path = line.models;
  Diagnostics of_file;
  const auto own = load_scenario(line.file, load, of_file);
  if (!own) {
    print(of_file, face);
    return bad_input;
  }
  const std::string own_kind = own->system->brokers.empty() ? "" : own->system->brokers[0].kind;
  catch_interrupts();
  Progress progress(face.err_terminal);
  const auto drive = [&](const std::string& kind, Diagnostics& problems) -> std::optional<DrivenScenario> {
    const auto overrides = overrides_for_broker(line.file, load, kind, shipped_brokers(), problems);
    return overrides ? drive_row(line, *overrides, progress, problems) : std::nullopt;
  };
  BrokerMatrix matrix = broker_matrix(line.command == Command::check ? Driver::check : Driver::run, *kinds, own_kind, drive, [] { return interrupted().load(); });
  explain_differences(matrix, rule_of);
  progress.clear();
  bool failed = !say(stdout, reports::broker_matrix_text(line.file, matrix, terminal_style(face, line.quiet)));
  for (const ReportWish& wish : line.reports) {
    const std::string text = wish.kind == ReportKind::json ? reports::broker_matrix_json(line.file, matrix) : reports::broker_matrix_markdown(line.file, matrix);
    const auto problem = write_whole_file(wish.file, text);
    if (problem) print_error(*problem, "", face);
    failed = failed || problem.has_value();
  }
  if (matrix.interrupted) return interrupt_exit_code();
  return failed ? bad_input : static_cast<int>(matrix.exit);
}

}  // namespace flowtank::cli
