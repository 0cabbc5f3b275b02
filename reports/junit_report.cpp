// SPDX-License-Identifier: Apache-2.0
// JUnit XML by hand: a dozen elements do not need a library. Text is printable, then escaped, so that the
// file is well formed whatever names a scenario holds.
#include <fmt/format.h>

#include "reports/files.hpp"

namespace flowtank::reports {
namespace {

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string body_of(const Scenario& scenario, const Result& result, const PropertyOutcome& property) {
  const Verdict& verdict = property.verdict;
  std::string out;
  if (!verdict.note.empty()) out += printable(verdict.note) + "\n";
  if (verdict.kind != VerdictKind::fail) return out;
  const Story story = tell(scenario, result, property);
  out += story.headline + "\n";
  for (const std::string& fault : story.faults) out += fault + "\n";
  for (const StoryStep& step : story.steps) out += fmt::format("{}. {}\n", step.number, step.sentence);
  if (!story.try_command.empty()) out += "Try: " + printable(story.try_command) + "\n";
  return out;
}

}  // namespace

std::string junit_report(const Scenario& scenario, const Result& result, const Aside& aside) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::string cases;
  const std::string name = printable(scenario.file);
  for (std::size_t i = 0; i < result.properties.size(); ++i) {
    const PropertyOutcome& property = result.properties[i];
    const ExpectationOutcome& expected = result.expectations[i];
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml(name), xml(printable(property.verdict.property)));
    if (expected.met) {
      cases += "/>\n";
      continue;
    }
    const bool undecided = property.verdict.kind == VerdictKind::inconclusive;
    const char* element = undecided ? "error" : "failure";
    ++(undecided ? errors : failures);
    cases += fmt::format(">\n      <{} message=\"{}\" type=\"{}\">{}</{}>\n    </testcase>\n", element, xml(printable(expected.why)),
                         to_text(property.verdict.kind), xml(body_of(scenario, result, property)), element);
  }
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", result.properties.size(), failures, errors);
  const std::string title = printable(scenario.title.empty() ? scenario.file : scenario.title);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flowtank {}\" {} time=\"{:.3f}\">\n"
      "  <testsuite name=\"{}\" {} skipped=\"0\" time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
      to_text(result.driver), counts, aside.seconds, xml(title), counts, aside.seconds, cases);
}

}  // namespace flowtank::reports
