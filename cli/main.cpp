// SPDX-License-Identifier: Apache-2.0
// The command `flowtank`. Reads the command line, hands over, and turns what nobody expected (out of
// memory, an exception of a library) into a sentence and an exit code.
#include <exception>
#include <iostream>
#include <new>

#include "cli/command_line.hpp"
#include "cli/conform_command.hpp"
#include "cli/completions.hpp"
#include "cli/explain_command.hpp"
#include "cli/face.hpp"
#include "cli/graph_command.hpp"
#include "cli/installation.hpp"
#include "cli/manual.hpp"
#include "cli/report_files.hpp"

namespace {

using flowtank::cli::Command;
using flowtank::cli::CommandLine;
using flowtank::cli::Face;

int obey(const CommandLine& line, const Face& face) {
  switch (line.command) {
    case Command::help: return flowtank::cli::say(stdout, line.help) ? 0 : 2;
    case Command::version: return flowtank::cli::say(stdout, flowtank::cli::version_text(line.json)) ? 0 : 2;
    case Command::completions: return flowtank::cli::say(stdout, flowtank::cli::completions_for(line.file)) ? 0 : 2;
    case Command::manual: return flowtank::cli::manual_command(line, face);
    case Command::run:
      if (!line.brokers.empty()) return flowtank::cli::brokers_command(line, face);
      return line.sweep.empty() ? flowtank::cli::run_command(line, face) : flowtank::cli::sweep_command(line, face);
    case Command::check:
      if (!line.brokers.empty()) return flowtank::cli::brokers_command(line, face);
      return line.sweep.empty() ? flowtank::cli::check_command(line, face) : flowtank::cli::sweep_command(line, face);
    case Command::replay: return flowtank::cli::replay_command(line, face);
    case Command::diff: return flowtank::cli::diff_command(line, face);
    case Command::export_trace: return flowtank::cli::export_command(line, face);
    case Command::trace: return flowtank::cli::trace_command(line, face);
    case Command::merge: return flowtank::cli::merge_command(line, face);
    case Command::shrink: return flowtank::cli::shrink_command(line, face);
    case Command::lint: return flowtank::cli::lint_command(line, face);
    case Command::idempotency: return flowtank::cli::idempotency_command(line, face);
    case Command::commute: return flowtank::cli::commute_command(line, face);
    case Command::rebuild: return flowtank::cli::rebuild_command(line, face);
    case Command::compare: return flowtank::cli::compare_command(line, face);
    case Command::graph: return flowtank::cli::graph_command(line, face);
    case Command::explain: return flowtank::cli::explain_command(line, face);
    case Command::conform: return flowtank::cli::conform_command(line, face);
    case Command::eval: return flowtank::cli::run_eval(line.eval, std::cout, std::cerr);
  }
  return 3;
}

}  // namespace

int main(int count, char** values) {
  Face face = flowtank::cli::face_of_process(false);
  try {
    flowtank::cli::UsageError error;
    auto line = flowtank::cli::read_command_line({values + 1, values + count}, error);
    if (!line) {
      flowtank::cli::print_error(error.message, error.hint, face);
      return 2;
    }
    face.ascii = line->ascii;
    flowtank::cli::add_installed_models(line->models);
    if (!flowtank::cli::baseline_is_good(*line, face)) return 2;
    return obey(*line, face);
  } catch (const std::bad_alloc&) {
    flowtank::cli::print_error("out of memory", "Explore less (--states, --memory) or run a smaller workload.", face);
    return 4;
  } catch (const std::exception& problem) {
    flowtank::cli::print_error(problem.what(), "This is a fault of Flowtank; please report it with the scenario.", face);
    return 3;
  }
}
