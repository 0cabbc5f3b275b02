// SPDX-License-Identifier: Apache-2.0
// Reading the command line. Each command has its own CLI::App with texts only; the meaning is given here.
#include "cli/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <sim/base/diagnostic.hpp>
#include <sim/campaign/strategy.hpp>
#include <sim/scenario/reading.hpp>

#include "cli/campaign_arguments.hpp"
#include "cli/declared_options.hpp"
#include "cli/help_text.hpp"
#include "cli/report_arguments.hpp"

namespace flowtank::cli {
namespace {

// In the order of the help.
constexpr std::pair<std::string_view, Command> commands[] = {
    {"run", Command::run}, {"check", Command::check}, {"replay", Command::replay}, {"merge", Command::merge}, {"shrink", Command::shrink}, {"idempotency", Command::idempotency}, {"commute", Command::commute}, {"rebuild", Command::rebuild}, {"compare", Command::compare}, {"lint", Command::lint}, {"trace", Command::trace}, {"export", Command::export_trace}, {"diff", Command::diff}, {"graph", Command::graph}, {"eval", Command::eval},
    {"conform", Command::conform},
    {"version", Command::version}, {"completions", Command::completions}, {"manual", Command::manual}, {"explain", Command::explain}};

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands) names.emplace_back(name);
  names.emplace_back("help");
  return names;
}

std::optional<Command> command_of(std::string_view name) {
  for (const auto& [known, command] : commands) {
    if (known == name) return command;
  }
  return std::nullopt;
}

std::string program_of(std::string_view command) { return "flowtank " + std::string(command); }

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ',' && c != '_') digits += c;
  }
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// A duration with a unit, or a plain number of seconds.
std::optional<Duration> parse_seconds(const std::string& text) {
  if (const auto with_unit = loading::parse_duration(text)) return with_unit;
  return loading::parse_duration(text + "s");
}

class Reader {
 public:
  Reader(Command command, std::string name, UsageError& error) : command_(command), name_(std::move(name)), error_(error) {}

  std::optional<CommandLine> read(std::vector<std::string> arguments) {
    CLI::App app(std::string(summary_of(name_)), program_of(name_));
    app.set_help_flag("-h,--help", "Shows this text.");
    app.allow_extras(true);
    app.get_formatter()->column_width(30);
    declare_options(app, command_, written_);
    app.footer(std::string(examples_of(name_)));
    if (command_ == Command::eval) protect_minus(arguments);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    try {
      app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return help(app.help());
    } catch (const CLI::CallForAllHelp&) {
      return help(app.help());
    } catch (const CLI::ParseError& problem) {
      return refuse(std::string(problem.what()), "See " + program_of(name_) + " --help.");
    }
    for (const std::string& extra : app.remaining()) {
      if (extra.size() > 1 && extra[0] == '-' && extra != "--") return unknown_option(app, extra);
      written_.files.push_back(extra);
    }
    return understand();
  }

  std::vector<OptionText> options() {
    CLI::App app;
    app.set_help_flag("-h,--help", "Shows this text.");
    declare_options(app, command_, written_);
    std::vector<OptionText> texts;
    for (const CLI::Option* option : app.get_options()) {
      OptionText text;
      for (const std::string& name : option->get_snames()) text.names.push_back("-" + name);
      for (const std::string& name : option->get_lnames()) text.names.push_back("--" + name);
      text.type = option->get_expected_max() == 0 ? "" : option->get_type_name();
      text.what = option->get_description();
      texts.push_back(std::move(text));
    }
    return texts;
  }

 private:
  std::optional<CommandLine> refuse(std::string message, std::string hint = "") {
    error_.message = std::move(message);
    error_.hint = std::move(hint);
    return std::nullopt;
  }
  std::optional<CommandLine> help(std::string text) {
    CommandLine line;
    line.help = std::move(text);
    return line;
  }

  std::optional<CommandLine> unknown_option(CLI::App& app, const std::string& extra) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string given = extra.substr(0, extra.find('='));
    const auto close = closest_name(given, names);
    return refuse(fmt::format("unknown option \"{}\" of {}", given, program_of(name_)),
                  close ? fmt::format("Did you mean \"{}\"?", *close) : fmt::format("See {} --help.", program_of(name_)));
  }

  bool number(const std::string& text, std::string_view option, std::optional<std::uint64_t>& target, std::uint64_t least) {
    if (text.empty()) return true;
    target = parse_number(text);
    if (target && *target >= least) return true;
    refuse(fmt::format("{} is a whole number from {} on, not \"{}\"", option, least, text));
    return false;
  }
  bool duration(const std::string& text, std::string_view option, std::optional<Duration>& target) {
    if (text.empty()) return true;
    target = parse_seconds(text);
    if (target) return true;
    refuse(fmt::format("{} is a time such as 30s, 250ms or 2m, not \"{}\"", option, text));
    return false;
  }

  // The words are the enumerators, in order.
  template <typename Enumeration>
  bool one_of(const std::string& text, std::string_view option, const std::vector<std::string>& words, Enumeration& target) {
    if (text.empty()) return true;
    const auto found = std::find(words.begin(), words.end(), text);
    if (found != words.end()) {
      target = static_cast<Enumeration>(found - words.begin());
      return true;
    }
    refuse(fmt::format("{} has no \"{}\"", option, text), name_hint(text, words, "Allowed"));
    return false;
  }

  bool files(CommandLine& line) {
    if (command_ == Command::eval) {
      line.eval.vectors = written_.vectors;
      if (!written_.with.empty()) line.eval.with = written_.with;
      if (!written_.vectors.empty()) {
        line.eval.vectors.insert(line.eval.vectors.end(), written_.files.begin(), written_.files.end());
      } else if (written_.files.size() == 1) {
        line.eval.expression = written_.files[0];
      } else {
        refuse(written_.files.empty() ? "eval needs an expression" : "eval takes one expression; quote it", "For example: flowtank eval '1 + 2'");
        return false;
      }
      return true;
    }
    if (command_ == Command::version || command_ == Command::manual || command_ == Command::completions || command_ == Command::explain) return words(line);
    if (command_ == Command::conform) {
      line.vectors = written_.files;
      if (!line.vectors.empty()) return true;
      refuse("conform needs vector files", "For example: " + std::string(first_example_of(name_)));
      return false;
    }
    if (command_ == Command::shrink) return shrink_files(line);
    if (command_ == Command::merge) {
      line.campaign.merged = written_.files;
      if (!line.campaign.merged.empty()) return true;
      refuse("merge needs campaign files", "For example: " + std::string(first_example_of(name_)));
      return false;
    }
    if (command_ == Command::diff) {
      if (written_.files.size() != 2) {
        refuse(written_.files.size() < 2 ? "diff needs two runs, reports or campaigns" : fmt::format("\"{}\" is too much for {}", written_.files[2], program_of(name_)),
               "For example: " + std::string(first_example_of(name_)));
        return false;
      }
      line.diffing = {written_.files[0], written_.files[1], written_.verdicts};
      return true;
    }
    if (command_ == Command::check && !written_.campaign.resume.empty() && written_.files.empty()) return true;
    const char* what = command_ == Command::replay ? "a decision log" : command_ == Command::trace || command_ == Command::export_trace ? "a trace file" : "a scenario file";
    if (written_.files.empty()) {
      refuse(fmt::format("{} needs {}", name_, what), "For example: " + std::string(first_example_of(name_)));
      return false;
    }
    if (written_.files.size() > 1) {
      refuse(fmt::format("{} takes one file, not {}: \"{}\"", name_, written_.files.size(), written_.files[1]));
      return false;
    }
    line.file = written_.files[0];
    return true;
  }

  // SCENARIO COUNTEREXAMPLE; the scenario may be left out, since the log names it.
  bool shrink_files(CommandLine& line) {
    if (written_.files.empty() || written_.files.size() > 2) {
      refuse(written_.files.empty() ? "shrink needs a scenario and a counterexample" : fmt::format("\"{}\" is too much for {}", written_.files[2], program_of(name_)),
             "For example: " + std::string(first_example_of(name_)));
      return false;
    }
    line.log = written_.files.back();
    if (written_.files.size() == 2) line.file = written_.files[0];
    return true;
  }

  // version takes nothing, completions a shell, manual a command or nothing, explain a topic and a name or less.
  bool words(CommandLine& line) {
    const std::size_t most = command_ == Command::version ? 0 : command_ == Command::explain ? 2 : 1;
    if (written_.files.size() > most) {
      refuse(fmt::format("\"{}\" is too much for {}", written_.files[most], program_of(name_)), "See " + program_of(name_) + " --help.");
      return false;
    }
    if (!written_.files.empty()) line.file = written_.files[0];
    if (written_.files.size() > 1) line.name = written_.files[1];
    line.markdown = written_.markdown;
    if (line.markdown && (line.file.empty() || !line.name.empty())) {
      refuse("--markdown prints the page of a topic", "For example: flowtank explain --markdown property");
      return false;
    }
    const std::vector<std::string> shells = {"bash", "zsh", "fish"};
    if (command_ == Command::completions && std::find(shells.begin(), shells.end(), line.file) == shells.end()) {
      refuse(line.file.empty() ? "completions needs a shell" : fmt::format("there are no completions for \"{}\"", line.file),
             name_hint(line.file, shells, "Shells"));
      return false;
    }
    if (command_ == Command::manual && !line.file.empty() && !command_of(line.file)) {
      refuse(fmt::format("there is no command \"{}\"", line.file), name_hint(line.file, command_names(), "Commands"));
      return false;
    }
    return true;
  }

  // An expression may begin with a minus; a blank before it keeps it from being taken for an option.
  static void protect_minus(std::vector<std::string>& arguments) {
    bool all = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      std::string& argument = arguments[i];
      if (argument == "--" && !all) {
        all = true;
        arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i--));
        continue;
      }
      const bool option = argument.size() > 1 && argument[0] == '-' && (argument[1] == '-' ? argument.size() > 2 && argument[2] >= 'a' && argument[2] <= 'z'
                                                                                         : argument[1] == 'h' || argument[1] == 'q');
      if (argument.size() > 1 && argument[0] == '-' && (all || !option)) argument.insert(0, " ");
    }
  }

  std::optional<CommandLine> understand() {
    CommandLine line;
    line.command = command_;
    std::optional<Duration> horizon;
    if (!files(line) || !understand_reports(command_, name_, written_, line, error_) || !number(written_.seed, "--seed", line.seed, 0) ||
        !number(written_.states, "--states", line.states, 1) || !number(written_.depth, "--depth", line.depth, 1) ||
        !duration(written_.time, "--time", line.time) || !duration(written_.horizon, "--horizon", horizon)) {
      return std::nullopt;
    }
    if (horizon) line.horizon = Time::start() + *horizon;
    if (!written_.memory.empty()) {
      line.memory = parse_bytes(written_.memory);
      if (!line.memory) return refuse(fmt::format("--memory is a size such as 512MB or 2GB, not \"{}\"", written_.memory));
    }
    line.overrides = written_.set;
    line.models = written_.models;
    line.trace = written_.trace;
    if (!trace_options(line)) return std::nullopt;
    if (command_ == Command::export_trace) {
      line.exporting = written_.exporting;
      line.exporting.format = written_.format;
      line.exporting.output = written_.save;
      line.exporting.limit = line.trace_asked.limit;
      if (!understand_export(line.exporting, error_.message, error_.hint)) return std::nullopt;
    }
    line.save = written_.save;
    line.no_save = written_.no_save;
    line.property = written_.property;
    line.log_only = written_.log_only;
    line.no_shrink = written_.no_shrink;
    line.sweep = written_.sweep;
    line.brokers = written_.brokers;
    if (!line.brokers.empty() && !line.sweep.empty()) return refuse("--brokers is a sweep of its own", "Ask for one of --brokers and --sweep.");
    if (!number(written_.tway, "--tway", line.tway, 1)) return std::nullopt;
    if (!understand_campaign(written_.campaign, command_ == Command::check && !written_.seed.empty(), !line.overrides.empty(), line.campaign, error_.message, error_.hint)) return std::nullopt;
    line.into = written_.into;
    line.json = written_.json;
    line.notes = written_.notes;
    line.strict = written_.strict;
    line.ignore = written_.ignore;
    line.local = written_.local;
    line.any_order = written_.any_order;
    line.with = written_.to;
    if (command_ == Command::compare && line.with.empty()) return refuse("compare needs what the new one has instead: --to PATH=VALUE", "For example: " + std::string(first_example_of(name_)));
    if (command_ == Command::graph && (!one_of(written_.format, "--format", {"dot", "mermaid", "json"}, line.graph_format) ||
                                       !one_of(written_.level, "--level", {"services", "handlers", "tables"}, line.graph_level))) {
      return std::nullopt;
    }
    line.quiet = written_.quiet;
    line.ascii = written_.ascii;
    if (!one_of(written_.reduce, "--reduce", {"none", "steps", "runs"}, line.reduce)) return std::nullopt;
    line.self_check = written_.self_check;
    if (written_.verify_determinism && written_.no_verify_determinism) return refuse("--verify-determinism and --no-verify-determinism are opposites");
    if (written_.verify_determinism || written_.no_verify_determinism) line.verify_determinism = written_.verify_determinism;
    if (command_ == Command::check && !only_what_counts()) return std::nullopt;
    line.exact = written_.exact;
    return line;
  }

  // An option that the strategy does not know is refused: whoever gave it believes that it does something.
  bool only_what_counts() {
    const auto strategy = strategy_of(written_.campaign.strategy.empty() ? "exhaustive" : written_.campaign.strategy).value_or(Strategy::exhaustive);
    const bool lineage = strategy == Strategy::lineage, samples = info(strategy).samples || !written_.campaign.resume.empty(), timed = has_time(strategy);
    const auto refused = [&](bool given, const char* option, const char* why) {
      if (given) refuse(fmt::format("{} has no meaning with --strategy {}: {}", option, to_text(strategy), why));
      return given;
    };
    const char* of_all = "it is about an exploration of all orders";
    if (lineage || samples) {
      return !refused(!written_.states.empty(), "--states", samples ? "--runs and --depth say how long it goes on" : "--depth and --time say how long it goes on") &&
             !refused(!written_.reduce.empty(), "--reduce", of_all) && !refused(written_.exact, "--exact", of_all) &&
             !refused(written_.self_check, "--self-check", of_all) &&
             !refused(timed && !written_.depth.empty(), "--depth", "the scenario's horizon ends a run") &&
             !refused(lineage && !written_.memory.empty(), "--memory", "it keeps no states") &&
             !refused(lineage && !written_.campaign.threads.empty(), "--threads", "it runs on one");
    }
    return true;
  }

  bool trace_options(CommandLine& line) {
    if (line.trace == "-") {
      refuse("--trace goes to a file, not to standard output", "For example: --trace run.ftrace, and then flowtank trace run.ftrace --list");
      return false;
    }
    if (!written_.trace_level.empty()) {
      const auto level = trace_level_of(written_.trace_level);
      if (!level || *level == TraceLevel::off) {
        refuse(fmt::format("there is no trace level \"{}\"", written_.trace_level), name_hint(written_.trace_level, {"outcome", "normal", "full"}, "Levels"));
        return false;
      }
      if (line.trace.empty()) {
        refuse("--trace-level needs --trace FILE");
        return false;
      }
      line.trace_level = *level;
      line.trace_level_given = true;
    }
    line.trace_asked = written_.asked;
    TraceArguments& a = line.trace_asked;
    if (!number(written_.limit, "--limit", a.limit, 1)) return false;
    const int questions = int{!a.past.empty()} + int{!a.future.empty()} + int{!a.state.empty()} + int{!a.history.empty()} + int{!a.against.empty()} +
                          int{a.verify} + int{a.list || !a.filter.empty()};
    const char* wrong = questions > 1 ? "trace answers one question at a time" : !a.history.empty() && a.key.empty() ? "--history needs --key KEY"
                        : a.history.empty() && !a.key.empty() ? "--key needs --history TABLE" : !a.at.empty() && a.state.empty() ? "--at needs --state TABLE|all" : nullptr;
    if (wrong != nullptr) refuse(wrong, "See " + program_of(name_) + " --help.");
    return wrong == nullptr;
  }

  Command command_;
  std::string name_;
  UsageError& error_;
  Written written_;
};

}  // namespace

std::optional<std::size_t> parse_bytes(std::string_view text) {
  static constexpr std::pair<std::string_view, unsigned> units[] = {{"KB", 10}, {"MB", 20}, {"GB", 30}, {"K", 10}, {"M", 20}, {"G", 30}, {"B", 0}};
  unsigned shift = 0;
  for (const auto& [unit, bits] : units) {
    if (text.size() > unit.size() && text.substr(text.size() - unit.size()) == unit) {
      text.remove_suffix(unit.size());
      shift = bits;
      break;
    }
  }
  const auto number = parse_number(text);
  if (!number || *number == 0 || *number > (std::uint64_t{1} << 50) >> shift) return std::nullopt;
  return static_cast<std::size_t>(*number << shift);
}

std::optional<CommandLine> read_command_line(const std::vector<std::string>& arguments, UsageError& error) {
  CommandLine line;
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || (arguments[0] == "help" && arguments.size() == 1)) {
    line.help = std::string(main_help());
    return line;
  }
  if (arguments[0] == "--version" || arguments[0] == "-V") {
    line.command = Command::version;
    return line;
  }
  std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  std::string name = arguments[0];
  if (name == "help") {
    name = rest[0];
    rest = {"--help"};
  }
  const auto known = command_of(name);
  if (!known) {
    error.message = name.starts_with("-") ? fmt::format("unknown option \"{}\"", name) : fmt::format("there is no command \"{}\"", name);
    error.hint = name.starts_with("-") ? name_hint(name, {"--help", "--version"}, "Options") : name_hint(name, command_names(), "Commands");
    if (name.ends_with(".json")) error.hint = fmt::format("Did you mean \"flowtank run {}\"?", name);
    return std::nullopt;
  }
  return Reader(*known, name, error).read(std::move(rest));
}

std::vector<CommandText> command_texts() {
  std::vector<CommandText> texts;
  for (const auto& [name, command] : commands) {
    CommandText text;
    text.name = name;
    text.operand = operand_of(name);
    text.line = line_of(name);
    text.summary = summary_of(name);
    text.examples = examples_of(name);
    UsageError ignored;
    text.options = Reader(command, text.name, ignored).options();
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace flowtank::cli
