// SPDX-License-Identifier: Apache-2.0
// One script a shell. What an operand or a value may be is read from its name in the help: "SCENARIO.json" is a file
// *.json, "FILE" any file, "DIR" a folder, "a|b|c" one of these words, "COMMAND" a command; all else is free text.
#include "cli/completions.hpp"

#include <vector>

#include <fmt/format.h>

#include "cli/command_line.hpp"

namespace flowtank::cli {
namespace {

enum class Kind { flag, free, json, file, folder, words };

struct Values {
  Kind kind = Kind::free;
  std::vector<std::string> words;
};

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) names.push_back(command.name);
  return names;
}

Values values_of(std::string_view text, const std::vector<CommandText>& commands) {
  std::string word = split(text, ' ')[0];
  std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
  if (word.ends_with("...")) word.resize(word.size() - 3);
  if (word.starts_with("--")) return {};
  if (word == "KIND=FILE") {
    Values values{Kind::words, report_kinds()};
    for (std::string& kind : values.words) kind += "=";
    return values;
  }
  if (word.find('|') != std::string::npos) return {Kind::words, split(word, '|')};
  if (word == "COMMAND") return {Kind::words, names_of(commands)};
  if (word.ends_with(".json")) return {Kind::json, {}};
  if (word == "FILE") return {Kind::file, {}};
  if (word == "DIR") return {Kind::folder, {}};
  return {};
}

Values values_of(const OptionText& option, const std::vector<CommandText>& commands) {
  if (option.type.empty()) return {Kind::flag, {}};
  return values_of(option.type, commands);
}

// The first sentence of a description, on one line.
std::string first_sentence(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text.substr(0, text.find(". "));
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_reply(const Values& values) {
  switch (values.kind) {
    case Kind::json: return "_flowtank_files '!*.json'";
    case Kind::file: return "_flowtank_files ''";
    case Kind::folder: return "_flowtank_folders";
    case Kind::words: return fmt::format("_flowtank_words {}", quoted(joined(values.words)));
    case Kind::flag:
    case Kind::free: break;
  }
  return ":";
}

std::string bash(const std::vector<CommandText>& commands) {
  std::string out = R"(# bash completion for flowtank; printed by `flowtank completions bash`.
_flowtank_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
_flowtank_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -X "$1" -- "$current"; [[ -z $1 ]] || compgen -d -- "$current")
}
_flowtank_folders() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$current")
}
_flowtank() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
)";
  out += fmt::format("  if ((COMP_CWORD == 1)); then\n    _flowtank_words '{} help --help --version'\n    return\n  fi\n", joined(names_of(commands)));
  // "--report json=out" is three words to bash.
  out += "  if [[ $current == = || $before == = ]]; then\n    current=${current#=}\n    _flowtank_files ''\n    return\n  fi\n";
  out += "  case $command in\n";
  for (const CommandText& command : commands) {
    std::vector<std::string> options;
    out += fmt::format("    {})\n      case $before in\n", command.name);
    for (const OptionText& option : command.options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
      const Values values = values_of(option, commands);
      if (values.kind != Kind::flag) out += fmt::format("        {}) {}; return ;;\n", joined(option.names, "|"), bash_reply(values));
    }
    out += "      esac\n";
    out += fmt::format("      if [[ $current == -* ]]; then\n        _flowtank_words {}\n      else\n        {}\n      fi\n      ;;\n",
                       quoted(joined(options)), bash_reply(values_of(command.operand, commands)));
  }
  out += fmt::format("    help) _flowtank_words '{}' ;;\n", joined(names_of(commands)));
  return out + "  esac\n}\ncomplete -F _flowtank flowtank\n";
}

std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Values& values) {
  switch (values.kind) {
    case Kind::json: return "_files -g \"*.json(-.)\"";
    case Kind::file: return "_files";
    case Kind::folder: return "_files -/";
    case Kind::words: {
      const bool open = !values.words.empty() && values.words[0].ends_with('=');
      return open ? "compadd -S \"\" -- " + joined(values.words) : "(" + joined(values.words) + ")";
    }
    case Kind::flag:
    case Kind::free: break;
  }
  return " ";
}

std::string zsh(const std::vector<CommandText>& commands) {
  std::string out = "#compdef flowtank\n# zsh completion for flowtank; printed by `flowtank completions zsh`.\n_flowtank() {\n  local curcontext=$curcontext state line\n  local -a commands\n  commands=(\n";
  for (const CommandText& command : commands) out += "    " + quoted(command.name + ":" + zsh_text(command.line)) + "\n";
  out += "    'help:the options of a command, with examples'\n  )\n";
  out += "  _arguments -C '(- *)'{-h,--help}'[help]' '(- *)--version[the version]' '1:command:->command' '*::argument:->rest'\n";
  out += "  case $state in\n    command) _describe -t commands command commands ;;\n    rest)\n      case $words[1] in\n";
  for (const CommandText& command : commands) {
    out += fmt::format("        {})\n          _arguments -s", command.name);
    for (const OptionText& option : command.options) {
      const Values values = values_of(option, commands);
      for (const std::string& name : option.names) {
        const bool value = values.kind != Kind::flag;
        const std::string tail = value ? ":" + zsh_text(option.type) + ":" + zsh_action(values) : "";
        out += " \\\n            " + quoted((value ? "*" : "") + name + "[" + zsh_text(first_sentence(option.what)) + "]" + tail);
      }
    }
    if (!command.operand.empty()) out += " \\\n            " + quoted("*:" + zsh_text(command.operand) + ":" + zsh_action(values_of(command.operand, commands)));
    out += "\n          ;;\n";
  }
  out += fmt::format("        help) _values command {} ;;\n", joined(names_of(commands)));
  return out + "      esac\n      ;;\n  esac\n}\n_flowtank \"$@\"\n";
}

std::string fish_arguments(const Values& values) {
  switch (values.kind) {
    case Kind::json: return " -a '(__flowtank_json)'";
    case Kind::file: return " -F";
    case Kind::folder: return " -a '(__fish_complete_directories)'";
    case Kind::words: return " -a " + quoted(joined(values.words));
    case Kind::flag:
    case Kind::free: break;
  }
  return "";
}

std::string fish(const std::vector<CommandText>& commands) {
  std::string out = R"(# fish completion for flowtank; printed by `flowtank completions fish`.
function __flowtank_json
  for file in (commandline -ct)*
    if test -d $file
      echo $file/
    else if string match -q '*.json' -- $file
      echo $file
    end
  end
end
complete -c flowtank -f
)";
  const std::string alone = "complete -c flowtank -n __fish_use_subcommand ";
  out += alone + "-s h -l help -d help\n" + alone + "-l version -d 'the version'\n";
  for (const CommandText& command : commands) out += alone + fmt::format("-a {} -d {}\n", command.name, quoted(command.line));
  out += alone + "-a help -d 'the options of a command, with examples'\n";
  for (const CommandText& command : commands) {
    const std::string after = fmt::format("complete -c flowtank -n '__fish_seen_subcommand_from {}'", command.name);
    for (const OptionText& option : command.options) {
      const Values values = values_of(option, commands);
      out += after;
      for (const std::string& name : option.names) out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (values.kind != Kind::flag) out += values.kind == Kind::file ? " -r" : " -x";
      out += fish_arguments(values) + " -d " + quoted(first_sentence(option.what)) + "\n";
    }
    const Values operand = values_of(command.operand, commands);
    if (operand.kind != Kind::free) out += after + fish_arguments(operand) + "\n";
  }
  return out + fmt::format("complete -c flowtank -n '__fish_seen_subcommand_from help' -a '{}'\n", joined(names_of(commands)));
}

}  // namespace

std::string completions_for(std::string_view shell) {
  const std::vector<CommandText> commands = command_texts();
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  return fish(commands);
}

}  // namespace flowtank::cli
