// SPDX-License-Identifier: Apache-2.0
// Help texts as roff. The main help is read by its form: the first paragraph describes, "  flowtank ..." lines are the
// commands, a title above indented lines is a section, everything else are notes.
#include "cli/manual.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <sim/base/whole_file.hpp>

#include "cli/help_text.hpp"
#include "cli/installation.hpp"

namespace flowtank::cli {
namespace {

// A text as it is meant, whatever roff would make of its characters; a line never begins a request.
std::string escaped(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    begins = c == '\n';
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      case '|': out += "|\\:"; break;  // a list of words may be broken here
      default: out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string title(const std::string& page) {
  return fmt::format(".TH {} 1 \"\" \"Flowtank {}\" \"Flowtank\"\n.nh\n.ad l\n", escaped(upper(page)), version());
}

// Lines kept as they are, without the two blanks that indent all of them.
std::string as_written(std::string_view lines) {
  std::string out = ".nf\n";
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    if (line.starts_with("  ")) line.remove_prefix(2);
    out += escaped(line) + "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out + ".fi\n";
}

std::vector<std::string_view> paragraphs_of(std::string_view text) {
  std::vector<std::string_view> paragraphs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    paragraphs.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return paragraphs;
}

std::string main_page(const std::vector<CommandText>& commands) {
  std::string out = title("flowtank");
  out += ".SH NAME\nflowtank \\- deterministic simulation of event-driven services\n";
  out += ".SH SYNOPSIS\n.B flowtank\n.I COMMAND\n.RI [ OPTION ...]\n.RI [ OPERAND ]\n";
  out += ".SH DESCRIPTION\n";
  std::string sections;
  std::string notes;
  bool first = true;
  for (const std::string_view paragraph : paragraphs_of(main_help())) {
    const std::size_t end = paragraph.find('\n');
    const bool titled = end != std::string_view::npos && paragraph[0] != ' ' && paragraph.substr(end + 1).starts_with("  ");
    if (first) {
      out += escaped(paragraph) + "\n";
    } else if (titled) {
      sections += ".SH " + upper(std::string(paragraph.substr(0, end))) + "\n" + as_written(paragraph.substr(end + 1));
    } else if (!paragraph.starts_with("  ")) {
      notes += ".SH NOTES\n" + escaped(paragraph) + "\n";
    }
    first = false;
  }
  out += ".SH COMMANDS\n";
  std::string see;
  for (const CommandText& command : commands) {
    out += fmt::format(".TP\n.B {} {}\n{}; see \\fBflowtank\\-{}\\fR(1)\n", command.name, escaped(command.operand), escaped(command.line), command.name);
    see += fmt::format("{}\\fBflowtank\\-{}\\fR(1)", see.empty() ? "" : ",\n", command.name);
  }
  return out + sections + notes + ".SH SEE ALSO\n" + see + "\n";
}

std::string command_page(const CommandText& command) {
  const std::string page = "flowtank-" + command.name;
  std::string out = title(page);
  out += fmt::format(".SH NAME\n{} \\- {}\n", escaped(page), escaped(command.line));
  out += fmt::format(".SH SYNOPSIS\n.B flowtank {}\n.RI [ OPTION ...]\n", command.name);
  if (!command.operand.empty()) out += ".I " + escaped(command.operand) + "\n";
  const std::size_t examples = std::min(command.examples.find("Examples\n"), command.examples.size());
  out += ".SH DESCRIPTION\n" + escaped(command.summary) + "\n";
  if (examples != 0) out += ".PP\n" + escaped(command.examples.substr(0, examples)) + "\n";
  out += ".SH OPTIONS\n";
  for (const OptionText& option : command.options) {
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "\\fB" : ", \\fB") + escaped(name) + "\\fR";
    if (!option.type.empty()) names += " \\fI" + escaped(option.type) + "\\fR";
    out += ".TP\n" + names + "\n" + escaped(option.what) + "\n";
  }
  if (examples < command.examples.size()) out += ".SH EXAMPLES\n" + as_written(std::string_view(command.examples).substr(examples + 9));
  return out + ".SH SEE ALSO\n\\fBflowtank\\fR(1), which also has verdicts and exit codes\n";
}

}  // namespace

std::string manual_page(std::string_view command) {
  const std::vector<CommandText> commands = command_texts();
  for (const CommandText& text : commands) {
    if (text.name == command) return command_page(text);
  }
  return main_page(commands);
}

int manual_command(const CommandLine& line, const Face& face) {
  if (line.into.empty()) return say(stdout, manual_page(line.file)) ? 0 : 2;
  std::vector<std::string> commands = {""};
  for (const CommandText& text : command_texts()) commands.push_back(text.name);
  for (const std::string& command : commands) {
    const std::string file = line.into + "/flowtank" + (command.empty() ? "" : "-" + command) + ".1";
    if (const auto problem = write_whole_file(file, manual_page(command))) {
      print_error(*problem, "", face);
      return 2;
    }
  }
  return 0;
}

}  // namespace flowtank::cli
