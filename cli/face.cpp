// SPDX-License-Identifier: Apache-2.0
// Speaking to the terminal and beside it.
#include "cli/face.hpp"

#include <unistd.h>

#include <cstdlib>

namespace flowtank::cli {

Face face_of_process(bool ascii) {
  Face face;
  face.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  face.err_terminal = ::isatty(STDERR_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool plain = (no_color != nullptr && *no_color != '\0') || (term != nullptr && std::string_view(term) == "dumb");
  face.out_colour = face.out_terminal && !plain;
  face.err_colour = face.err_terminal && !plain;
  face.ascii = ascii;
  const char* ci = std::getenv("CI");
  face.in_ci = ci != nullptr && *ci != '\0' && std::string_view(ci) != "false" && std::string_view(ci) != "0";
  return face;
}

bool say(std::FILE* stream, std::string_view text) {
  const bool all = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return std::fflush(stream) == 0 && all;
}

void print(const Diagnostics& diagnostics, const Face& face) {
  reports::DiagnosticsStyle style;
  style.paint = reports::Paint(face.err_colour);
  style.ascii = face.ascii;
  say(stderr, reports::to_text(diagnostics, reports::source_lines_from_disk(), style));
}

void print_error(std::string_view message, std::string_view hint, const Face& face) {
  const reports::Paint paint(face.err_colour);
  std::string text = "flowtank: " + paint.strong_fail("error:") + " " + reports::printable(message, face.ascii) + "\n";
  if (!hint.empty()) text += "        " + reports::printable(hint, face.ascii) + "\n";
  say(stderr, text);
}

reports::TerminalStyle terminal_style(const Face& face, bool quiet) {
  reports::TerminalStyle style;
  style.colour = face.out_colour;
  style.ascii = face.ascii;
  style.terminal = face.out_terminal;
  style.quiet = quiet;
  return style;
}

}  // namespace flowtank::cli
