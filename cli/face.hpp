// SPDX-License-Identifier: Apache-2.0
// What the commands know of the place they run in: is there a terminal, are colours wanted. And how they
// speak: results to stdout, diagnostics to stderr, files whole or not at all.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <reports/diagnostics_text.hpp>
#include <reports/terminal.hpp>
#include <sim/base/diagnostic.hpp>

#include "cli/command_line.hpp"

namespace flowtank::cli {

struct Face {
  bool out_terminal = false;
  bool err_terminal = false;
  bool out_colour = false;
  bool err_colour = false;
  bool ascii = false;
  bool in_ci = false;  // the variable CI is set, as every CI service does
};

// Looks at the terminal, NO_COLOR, TERM and CI.
Face face_of_process(bool ascii);

// Writes everything or gives false (a closed pipe, a full disk).
bool say(std::FILE* stream, std::string_view text);

// Diagnostics to stderr.
void print(const Diagnostics& diagnostics, const Face& face);
void print_error(std::string_view message, std::string_view hint, const Face& face);

reports::TerminalStyle terminal_style(const Face& face, bool quiet);

// The commands; each gives the exit code.
int run_command(const CommandLine& line, const Face& face);
int check_command(const CommandLine& line, const Face& face);
int replay_command(const CommandLine& line, const Face& face);
int merge_command(const CommandLine& line, const Face& face);
int sweep_command(const CommandLine& line, const Face& face);
int brokers_command(const CommandLine& line, const Face& face);
int shrink_command(const CommandLine& line, const Face& face);
int lint_command(const CommandLine& line, const Face& face);
int idempotency_command(const CommandLine& line, const Face& face);
int commute_command(const CommandLine& line, const Face& face);
int rebuild_command(const CommandLine& line, const Face& face);
int compare_command(const CommandLine& line, const Face& face);
int trace_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
