// SPDX-License-Identifier: Apache-2.0
// JUnit XML by hand: a dozen elements do not need a library. Text is printable, then escaped, so that the file is well formed
// whatever names a scenario holds. There is no official format: the strict dialect is what the strictest public schema takes
// (no file of a case, properties of suites only); GitLab's adds the file.
#include <fmt/format.h>

#include <map>

#include "reports/ci/findings.hpp"
#include "reports/files.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::size_t longest_message = 1'000;
constexpr std::size_t longest_body = 100'000;

// The first line is the command that shows it again: of some readers it is all that one sees.
std::string body_of(const Scenario& scenario, const Result& result, const PropertyOutcome& property, const Finding& finding) {
  std::vector<std::string> lines;
  if (!finding.command.empty()) lines.push_back("Again: " + finding.command);
  if (!finding.place.file.empty() && finding.place.where.line != 0) {
    lines.push_back(fmt::format("At: {}:{}:{}", printable(finding.place.file), finding.place.where.line, finding.place.where.column));
  }
  const Verdict& verdict = property.verdict;
  if (!verdict.note.empty()) lines.push_back(printable(verdict.note));
  if (result.campaign && verdict.index < result.campaign->properties.size() && result.campaign->properties[verdict.index].failing != 0) {
    lines.push_back(violation_text(*result.campaign, result.campaign->properties[verdict.index]));
  }
  if (verdict.kind == VerdictKind::fail) {
    const Story story = tell(scenario, result, property);
    lines.push_back(story.headline);
    if (!story.origin.empty()) lines.push_back(story.origin);
    for (const std::string& fault : story.faults) lines.push_back(fault);
    for (const StoryStep& step : story.steps) lines.push_back(fmt::format("{}. {}", step.number, step.sentence));
    if (!story.try_command.empty()) lines.push_back("Try: " + printable(story.try_command));
  }
  std::string out;
  for (const std::string& line : lines) {
    if (out.size() > longest_body) return out + "(cut)\n";
    out += xml_text(line) + "\n";
  }
  return out;
}

std::string suite_properties(const Scenario& scenario, const Result& result) {
  std::vector<std::pair<std::string, std::string>> all = {{"scenario", printable(scenario.file)},
                                                          {"scenario_hash", fmt::format("{:016x}{:016x}", scenario.content.hi, scenario.content.lo)},
                                                          {"driver", std::string(to_text(result.driver))}};
  if (result.campaign) {
    all.emplace_back("strategy", to_text(result.campaign->strategy));
    all.emplace_back("seed", std::to_string(result.campaign->seed));
    all.emplace_back("runs", std::to_string(result.campaign->runs));
  } else if (result.driver == Driver::run) {
    all.emplace_back("seed", std::to_string(result.seed));
    all.emplace_back("virtual_seconds", format_seconds(result.run.time, 3));
    all.emplace_back("fingerprint", fmt::format("{:016x}", result.run.fingerprint));
  } else if (result.lineage) {
    all.emplace_back("strategy", "lineage");
    all.emplace_back("runs", std::to_string(result.lineage->runs));
  } else if (result.limit_words == "one path") {
    all.emplace_back("replayed_actions", std::to_string(result.counts.transitions));
  } else {
    all.emplace_back("states", std::to_string(result.counts.states));
    all.emplace_back("complete", result.complete ? "true" : "false");
  }
  std::string out = "    <properties>\n";
  for (const auto& [name, value] : all) out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_text(value));
  return out + "    </properties>\n";
}

class JunitCases {
 public:
  JunitCases(const Scenario& scenario, const Result& result, const Aside& aside, JunitDialect dialect)
      : scenario_(scenario), result_(result), findings_(findings_of(scenario, result, aside)), dialect_(dialect), stem_(junit_stem(scenario.file)) {}

  void add(std::size_t index) {
    const PropertyOutcome& property = result_.properties[index];
    const std::string name = printable(property.verdict.property);
    std::string package = name;
    for (char& c : package) c = c == '.' ? ' ' : c;  // a dot would begin another package
    text_ += fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"0\"{}", xml_text(stem_), xml_text(package), xml_text(unique(name)), file());
    const Finding* found = nullptr;
    for (const Finding& finding : findings_) {
      if (!finding.property.empty() && finding.property == property.verdict.property) found = &finding;
    }
    if (found == nullptr) {
      text_ += "/>\n";
      return;
    }
    if (!found->reason.empty()) {
      ++skipped;
      text_ += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml_text("accepted: " + found->reason));
      return;
    }
    const bool undecided = property.verdict.kind == VerdictKind::inconclusive;
    const char* element = undecided ? "error" : "failure";
    ++(undecided ? errors : failures);
    const std::string why = (found->command.empty() ? "" : "Again: " + found->command + " -- ") + found->message;
    text_ += fmt::format(">\n      <{} message=\"{}\" type=\"{}\">{}</{}>\n    </testcase>\n", element, xml_text(shortened(why, longest_message, "...")),
                         to_text(property.verdict.kind), body_of(scenario_, result_, property, *found), element);
  }
  void add_our_fault() {
    if (result_.our_fault.empty()) return;
    ++errors;
    ++extra;
    text_ += fmt::format("    <testcase classname=\"{}.flowtank\" name=\"{}\" time=\"0\"{}>\n      <error message=\"{}\" type=\"flowtank.fault\"/>\n    </testcase>\n", xml_text(stem_),
                         xml_text(unique("flowtank")), file(), xml_text(printable(result_.our_fault)));
  }
  const std::string& text() const { return text_; }

  std::size_t failures = 0, errors = 0, skipped = 0, extra = 0;

 private:
  std::string file() const { return dialect_ == JunitDialect::gitlab ? fmt::format(" file=\"{}\"", xml_text(printable(scenario_.file))) : ""; }
  // Of equal names readers show only the first, whatever file they are in.
  std::string unique(const std::string& name) {
    std::string all = fmt::format("{}: {} [{}{}]", stem_, name, to_text(result_.driver), result_.driver == Driver::run ? fmt::format(" seed={}", result_.seed) : "");
    const std::size_t again = ++names_[all];
    return again == 1 ? all : fmt::format("{} ({})", all, again);
  }

  const Scenario& scenario_;
  const Result& result_;
  std::vector<Finding> findings_;
  JunitDialect dialect_;
  std::string stem_;
  std::map<std::string, std::size_t> names_;
  std::string text_;
};

}  // namespace

std::string junit_report(const Scenario& scenario, const Result& result, const Aside& aside, JunitDialect dialect) {
  JunitCases cases(scenario, result, aside, dialect);
  for (std::size_t i = 0; i < result.properties.size(); ++i) cases.add(i);
  cases.add_our_fault();
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", result.properties.size() + cases.extra, cases.failures, cases.errors);
  const std::string title = printable(scenario.title.empty() ? scenario.file : scenario.title);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flowtank {}\" {} time=\"{:.3f}\">\n"
      "  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"{:.3f}\">\n{}{}  </testsuite>\n</testsuites>\n",
      to_text(result.driver), counts, aside.seconds, xml_text(title), counts, cases.skipped, aside.seconds, suite_properties(scenario, result), cases.text());
}

}  // namespace flowtank::reports
