// SPDX-License-Identifier: Apache-2.0
// See reference.hpp. Every table becomes the same kind of article; text and Markdown are two ways to print one.
#include "reports/reference.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/property/property_kinds.hpp>
#include <sim/world/fault_kinds.hpp>

#include "reports/built_in_faults.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

struct Parameter {
  std::string name, type, otherwise, meaning;
};

// One entry, whatever it is about.
struct Article {
  std::string name;
  std::string numbers;   // in the catalogue
  std::string summary;
  std::vector<std::string> paragraphs;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<Parameter> parameters;
  std::string example;
};

std::string text(std::string_view view) { return std::string(view); }

std::string_view timing_words(FaultTiming timing) {
  switch (timing) {
    case FaultTiming::counted: return "among the selected occurrences: nth, every, probability, from and until, budget";
    case FaultTiming::clock: return "at from, for length (or until the time given by until)";
    case FaultTiming::itself: return "wherever its condition holds";
  }
  return "";
}

std::string_view explored_words(FaultExplored explored) {
  switch (explored) {
    case FaultExplored::action: return "an action at every selected place, which spends one of the budget";
    case FaultExplored::itself: return "wherever its condition holds";
    case FaultExplored::orders: return "no fault: every order of events is explored anyway";
    case FaultExplored::never: return "never: it is about time alone";
  }
  return "";
}

Article article(const FaultKindInfo& info) {
  Article out{text(info.name), text(info.catalogue), text(info.summary), {text(info.detail)}, {}, {}, text(info.example)};
  if (!info.on.empty()) out.facts.emplace_back("Narrowed by", fmt::format("on: {}", info.on));
  out.facts.emplace_back("In a run", text(timing_words(info.timing)));
  out.facts.emplace_back("In a check", text(explored_words(info.explored)));
  out.facts.emplace_back("Source", text(info.source));
  for (const FaultParameter& p : info.parameters) out.parameters.push_back({text(p.name), text(p.type), text(p.otherwise), text(p.meaning)});
  return out;
}

Article article(const BuiltInFault& info) {
  Article out{text(info.name), text(info.catalogue), text(info.summary), {}, {}, {}, ""};
  out.facts.emplace_back("No kind", "nothing of \"faults\" has it; it lies in how the system is built");
  out.facts.emplace_back("Shown by", text(info.shown));
  out.facts.emplace_back("Scenarios", info.scenarios.empty() ? "none ships" : text(info.scenarios));
  out.facts.emplace_back("Source", text(info.source));
  return out;
}

Article article(const PropertyKindInfo& info) {
  Article out{text(info.name), text(info.catalogue), text(info.summary), {text(info.definition)}, {}, {}, text(info.example)};
  out.facts.emplace_back("Form", fmt::format("{}: {}", to_text(info.form), claim_of(info.form)));
  out.facts.emplace_back("PASS proves", text(info.proved));
  out.facts.emplace_back("FAIL shows", text(info.evidence));
  out.facts.emplace_back("VACUOUS when", text(info.vacuous));
  out.facts.emplace_back("Source", text(info.source));
  for (const PropertyParameter& p : info.parameters) out.parameters.push_back({text(p.name), text(p.type), text(p.otherwise), text(p.meaning)});
  return out;
}

Article article(const BrokerKind& kind) {
  Article out{text(kind.name), "", text(kind.summary), {}, {}, {}, ""};
  std::string faults;
  for (const FaultKind fault : kind.faults) faults += (faults.empty() ? "" : ", ") + text(fault_kind(fault).name);
  if (!faults.empty()) out.facts.emplace_back("Faults of its own", faults);
  for (const OptionInfo& option : kind.options) {
    std::string meaning = text(option.meaning);
    if (!option.scope.empty()) meaning += fmt::format(" For: {}.", option.scope);
    if (!option.rules.empty()) meaning += fmt::format(" Rules: {}.", option.rules);
    out.parameters.push_back({text(option.key), text(option.type), text(option.otherwise), meaning});
  }
  return out;
}

std::vector<Article> articles(Topic topic, const BrokerRegistry& brokers) {
  std::vector<Article> out;
  if (topic == Topic::fault) {
    for (const FaultKindInfo& info : fault_kinds()) out.push_back(article(info));
    for (const BuiltInFault& info : built_in_faults()) out.push_back(article(info));
  } else if (topic == Topic::property) {
    for (const PropertyKindInfo& info : property_kinds()) out.push_back(article(info));
  } else {
    for (const BrokerKind& kind : brokers) out.push_back(article(kind));
  }
  return out;
}

std::string default_words(const std::string& otherwise) {
  if (otherwise == "required") return "required";
  if (otherwise.empty() || otherwise == "-") return "optional";
  return "default " + otherwise;
}

void add_wrapped(std::string& out, const std::string& words, std::size_t width, std::size_t indent) {
  for (const std::string& line : wrapped(words, width - indent)) out += std::string(indent, ' ') + line + "\n";
}

// In a cell of a Markdown table a bar would end the cell.
std::string in_cell(std::string words) {
  for (std::size_t at = words.find('|'); at != std::string::npos; at = words.find('|', at + 2)) words.insert(at, "\\");
  return words;
}

std::string markdown(const Article& a) {
  std::string out = fmt::format("## {}\n\n{}{}\n", a.name, a.summary, a.numbers.empty() ? "" : fmt::format(" ({})", a.numbers));
  for (const std::string& paragraph : a.paragraphs) out += "\n" + paragraph + "\n";
  if (!a.facts.empty()) out += "\n";
  for (const auto& [name, words] : a.facts) out += fmt::format("- **{}**: {}\n", name, words);
  if (!a.parameters.empty()) {
    out += "\n| parameter | type | default | meaning |\n|---|---|---|---|\n";
    for (const Parameter& p : a.parameters) {
      const std::string otherwise = p.otherwise.empty() || p.otherwise == "-" ? "" : p.otherwise;
      out += fmt::format("| {} | {} | {} | {} |\n", in_cell(p.name), in_cell(p.type), in_cell(otherwise), in_cell(p.meaning));
    }
  }
  if (!a.example.empty()) out += fmt::format("\n```json\n{}\n```\n", a.example);
  return out;
}

std::string_view title_of(Topic topic) {
  switch (topic) {
    case Topic::fault: return "Faults";
    case Topic::property: return "Properties";
    case Topic::broker: return "Brokers";
  }
  return "";
}

std::string_view introduction_of(Topic topic) {
  switch (topic) {
    case Topic::fault:
      return "Entries of \"faults\" in a scenario. A parameter of type time is written NAME_ms, NAME_s or NAME_us. All have a name, "
             "\"on\" (where it may strike) and what says when; those are in the schema. The last ones are no kinds: they lie in how a system is built.";
    case Topic::property:
      return "Entries of \"properties\" in a scenario: the first four are keys of their own, the others are named by \"use\". All have a "
             "name and may have a doc. A parameter of type time is written NAME_ms, NAME_s or NAME_us. In the default column, nothing "
             "means that leaving it out means all, or none.";
    case Topic::broker:
      return "What \"kind\" of a broker may be, and the options of each in the product's own words, on the broker, its channels or the "
             "subscriptions of services.";
  }
  return "";
}

// Is `number` one of the catalogue's numbers of this entry ("F37", "P05, P06")?
bool has_number(const Article& a, std::string_view number) {
  for (std::size_t at = a.numbers.find(number); at != std::string::npos && !number.empty(); at = a.numbers.find(number, at + 1)) {
    const auto separates = [&a](std::size_t i) { return i >= a.numbers.size() || a.numbers[i] == ',' || a.numbers[i] == ' '; };
    if ((at == 0 || separates(at - 1)) && separates(at + number.size())) return true;
  }
  return false;
}

std::string explanation(Topic topic, const Article& a, std::size_t width) {
  std::string out = fmt::format("{} {}{}\n", to_text(topic), a.name, a.numbers.empty() ? "" : fmt::format("  ({})", a.numbers));
  add_wrapped(out, a.summary, width, 2);
  for (const std::string& paragraph : a.paragraphs) {
    out += "\n";
    add_wrapped(out, paragraph, width, 2);
  }
  if (!a.facts.empty()) out += "\n";
  constexpr std::size_t indent = 18;
  for (const auto& [label, words] : a.facts) {
    std::string lines;
    add_wrapped(lines, words, width, indent + 2);
    out += "  " + padded(label, indent) + lines.substr(indent + 2);
  }
  if (!a.parameters.empty()) out += "\nParameters\n";
  for (const Parameter& p : a.parameters) {
    out += fmt::format("  {}  {}, {}\n", p.name, p.type, default_words(p.otherwise));
    add_wrapped(out, p.meaning, width, 6);
  }
  if (!a.example.empty()) {
    out += "\nExample\n";
    add_wrapped(out, a.example, width, 2);
  }
  return out;
}

}  // namespace

std::string_view to_text(Topic topic) {
  switch (topic) {
    case Topic::fault: return "fault";
    case Topic::property: return "property";
    case Topic::broker: return "broker";
  }
  return "";
}

std::optional<Topic> topic_named(std::string_view name) {
  for (const Topic topic : all_topics) {
    if (name == to_text(topic) || fmt::format("{}.md", name) == page_of(topic)) return topic;
  }
  return std::nullopt;
}

std::string_view page_of(Topic topic) {
  switch (topic) {
    case Topic::fault: return "faults.md";
    case Topic::property: return "properties.md";
    case Topic::broker: return "brokers.md";
  }
  return "";
}

std::vector<std::string> names_of(Topic topic, const BrokerRegistry& brokers) {
  std::vector<std::string> names;
  for (const Article& a : articles(topic, brokers)) names.push_back(a.name);
  return names;
}

std::string list_of(Topic topic, const BrokerRegistry& brokers) {
  const std::vector<Article> all = articles(topic, brokers);
  std::size_t widest = 0;
  for (const Article& a : all) widest = std::max(widest, a.name.size());
  std::string out;
  for (const Article& a : all) out += fmt::format("  {}  {}\n", padded(a.name, widest), a.summary);
  return out;
}

std::optional<std::string> explanation(Topic topic, std::string_view name, const BrokerRegistry& brokers, std::size_t width) {
  std::string out;
  for (const Article& a : articles(topic, brokers)) {
    if (a.name != name && !has_number(a, name)) continue;
    if (!out.empty()) out += "\n";
    out += explanation(topic, a, width);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string reference_page(Topic topic, const BrokerRegistry& brokers) {
  std::string out = fmt::format("# {}\n\nPrinted by `flowtank explain --markdown {}`; do not edit. {}\n", title_of(topic), to_text(topic),
                                introduction_of(topic));
  const std::vector<Article> all = articles(topic, brokers);
  out += "\n| name | what it is |\n|---|---|\n";
  for (const Article& a : all) out += fmt::format("| [{}](#{}) | {} |\n", a.name, a.name, in_cell(a.summary));
  for (const Article& a : all) out += "\n" + markdown(a);
  return out;
}

}  // namespace flowtank::reports
