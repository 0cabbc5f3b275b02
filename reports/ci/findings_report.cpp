// SPDX-License-Identifier: Apache-2.0
// JUnit, Markdown and JSON of findings where no property was judged: errors in files, and what the static analysis sees.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci/pipeline.hpp"
#include "reports/files.hpp"
#include "reports/lint_report.hpp"
#include "reports/text.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

std::string place_text(const FindingPlace& place) {
  if (place.file.empty()) return "";
  if (place.where.line == 0) return printable(place.file);
  return fmt::format("{}:{}:{}", printable(place.file), place.where.line, place.where.column);
}

}  // namespace

std::string junit_findings(const std::vector<Finding>& findings, const PipelineRun& run, JunitDialect dialect) {
  const bool ran = run.exit != 2;
  const auto fails = [&run](const Finding& finding) { return finding.level == Severity::error || (finding.level == Severity::warning && run.exit != 0); };
  const std::string stem = xml_text(junit_stem(run.scenario));
  const std::string file = dialect == JunitDialect::gitlab ? fmt::format(" file=\"{}\"", xml_text(printable(run.scenario))) : "";
  std::size_t bad = 0, skipped = 0, number = 0;
  std::string cases;
  for (const Finding& finding : findings) {
    const std::string about = finding.subject.empty() ? place_text(finding.place) : finding.subject;
    cases += fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"0\"{}>\n", stem, xml_text(finding.rule), xml_text(fmt::format("{} {} #{}", finding.rule, about, ++number)), file);
    if (!finding.reason.empty()) {
      ++skipped;
      cases += fmt::format("      <skipped message=\"{}\"/>\n", xml_text("accepted: " + finding.reason));
    } else if (fails(finding)) {
      ++bad;
      const char* element = ran ? "failure" : "error";
      cases += fmt::format("      <{0} message=\"{1}\" type=\"{2}\">{3}\n{1}\n{4}</{0}>\n", element, xml_text(finding.message), xml_text(finding.rule), xml_text(place_text(finding.place)), xml_text(finding.hint));
    }
    cases += "    </testcase>\n";
  }
  if (findings.empty()) cases = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"{}/>\n", stem, xml_text(run.command), file);
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", std::max<std::size_t>(1, findings.size()), ran ? bad : 0, ran ? 0 : bad);
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flowtank {}\" {} time=\"0.000\">\n  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"0.000\">\n{}  </testsuite>\n</testsuites>\n",
                     xml_text(run.command), counts, stem, counts, skipped, cases);
}

std::string markdown_findings(const std::vector<Finding>& findings, const PipelineRun& run) {
  std::string out = fmt::format("# {} {}\n\n", run.command, markdown_text(printable(run.scenario)));
  if (run.exit == 2) out += "**The input is wrong, nothing was run.**\n\n";
  if (findings.empty()) return out + "Nothing was found.\n";
  out += "| | rule | where | what |\n|---|---|---|---|\n";
  for (const Finding& finding : findings) {
    std::string what = markdown_text(finding.message);
    if (!finding.hint.empty()) what += " " + markdown_text(finding.hint);
    if (!finding.reason.empty()) what += " (accepted: " + markdown_text(finding.reason) + ")";
    out += fmt::format("| {} | {} | {} | {} |\n", level_word(finding.level), markdown_text(finding.rule), markdown_text(place_text(finding.place)), what);
  }
  return out;
}

std::string json_errors(const Diagnostics& diagnostics, const PipelineRun& run) {
  nlohmann::ordered_json out{{"flowtank_report", json_report_version}, {"scenario", printable(run.scenario)}, {"driver", run.command}, {"exit", run.exit}};
  out["errors"] = nlohmann::ordered_json::parse(diagnostics_json(diagnostics));
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
