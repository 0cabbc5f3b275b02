// SPDX-License-Identifier: Apache-2.0
// The options of every command as CLI11 is told of them, and the texts that were written for them. Nothing is understood
// here: that is the reader's (command_line.cpp), which gives one sentence for each mistake.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "cli/campaign_arguments.hpp"
#include "cli/command_line.hpp"

namespace flowtank::cli {

// What was written on the command line, before anybody understands it.
struct Written {
  std::vector<std::string> files;
  std::vector<std::string> set, report, vectors, models;
  std::vector<std::string> ignore, to;
  bool local = false, any_order = false;
  std::string seed, horizon, trace, save, states, depth, memory, time, with, into;
  bool markdown = false, verify_determinism = false, no_verify_determinism = false;
  bool json = false, quiet = false, ascii = false, no_save = false, self_check = false, exact = false, strict = false, notes = false;
  std::string format, level, trace_level, reduce;
  TraceArguments asked;
  ExportArguments exporting;
  std::string limit;
  std::string property, tway;
  std::string junit_dialect, baseline, write_baseline;
  std::vector<std::string> sweep;
  std::string brokers;
  WrittenCampaign campaign;
  bool log_only = false, no_shrink = false, verdicts = false;
};

// Declares the options of a command; what is written for them goes to `written`, which outlives `app`.
void declare_options(CLI::App& app, Command command, Written& written);

// Is it a question about a family of runs?
bool asks_family(Command command);

}  // namespace flowtank::cli
