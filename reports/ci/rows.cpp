// SPDX-License-Identifier: Apache-2.0
// See rows.hpp. What JUnit and TAP write of a row are the words that they write of a single scenario, with the name of the row
// in front; texts are printable before they come here and escaped for their format where they are written.
#include "reports/ci/rows.hpp"

#include <map>

#include <fmt/format.h>

#include <sim/base/hash.hpp>

#include "reports/ci/tap_points.hpp"
#include "reports/text.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::size_t longest_message = 1'000;
constexpr std::size_t longest_body = 100'000;

std::string fingerprint_in_row(const std::string& fingerprint, const std::string& row) {
  const Hash128 hash = combine(hash_bytes(fingerprint), hash_bytes(row));
  return fmt::format("{:016x}{:016x}", hash.hi, hash.lo);
}

Finding in_row(Finding finding, const std::string& row) {
  finding.message = fmt::format("{}: {}", row, finding.message);
  finding.fingerprint = fingerprint_in_row(finding.fingerprint, row);
  return finding;
}

Finding not_driven(const ReportRow& row, const std::string& scenario) {
  Finding finding;
  finding.rule = "row.not_driven";
  finding.rule_says = "The scenario cannot be loaded or driven with the values of this row.";
  finding.subject = row.name;
  finding.scenario = scenario;
  finding.message = fmt::format("{}: {}", row.name, row.problem);
  finding.place = {scenario, {1, 1, 1}};
  finding.fingerprint = fingerprint_in_row(finding.rule + scenario_id(scenario), row.name);
  return finding;
}

std::string body_of(const Finding& finding) {
  std::vector<std::string> lines;
  if (!finding.command.empty()) lines.push_back("Again: " + finding.command);
  if (!finding.place.file.empty() && finding.place.where.line != 0) {
    lines.push_back(fmt::format("At: {}:{}:{}", printable(finding.place.file), finding.place.where.line, finding.place.where.column));
  }
  lines.push_back(finding.message);
  for (std::size_t i = 0; i < finding.steps.size(); ++i) lines.push_back(fmt::format("{}. {}", i + 1, finding.steps[i]));
  if (!finding.hint.empty()) lines.push_back(finding.hint);
  std::string out;
  for (const std::string& line : lines) {
    if (out.size() > longest_body) return out + "(cut)\n";
    out += xml_text(line) + "\n";
  }
  return out;
}

class Suites {
 public:
  Suites(const PipelineRun& run, JunitDialect dialect) : run_(run), dialect_(dialect), stem_(junit_stem(run.scenario)) {}

  void add(const ReportRow& row) {
    cases_.clear();
    count_ = failures_ = errors_ = skipped_ = 0;
    for (const RowCase& one : row.cases) {
      begin(row, one.property);
      if (!one.finding) cases_ += "/>\n";
      else bad(*one.finding, one.verdict == VerdictKind::inconclusive, to_text(one.verdict));
    }
    for (const Finding& other : row.others) {
      begin(row, "flowtank");
      bad(other, true, other.rule);
    }
    if (!row.problem.empty()) {
      begin(row, "can be driven");
      if (row.decides) {
        bad(not_driven(row, run_.scenario), true, "row.not_driven");
      } else {
        ++skipped_;
        cases_ += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml_text(row.problem));
      }
    }
    if (count_ == 0) return;
    text_ += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0.000\">\n", xml_text(fmt::format("{} [{}]", stem_, row.name)),
                         count_, failures_, errors_, skipped_);
    text_ += fmt::format("    <properties>\n      <property name=\"scenario\" value=\"{}\"/>\n      <property name=\"row\" value=\"{}\"/>\n    </properties>\n{}  </testsuite>\n",
                         xml_text(printable(run_.scenario)), xml_text(row.name), cases_);
    all_count_ += count_;
    all_failures_ += failures_;
    all_errors_ += errors_;
  }

  std::string whole() const {
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flowtank {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0.000\">\n{}</testsuites>\n",
                       xml_text(run_.command), all_count_, all_failures_, all_errors_, text_);
  }

 private:
  void begin(const ReportRow& row, const std::string& property) {
    std::string package = property;
    for (char& c : package) c = c == '.' ? ' ' : c;  // a dot would begin another package
    std::string name = fmt::format("{}: {} [{}]", stem_, property, row.name);
    const std::size_t again = ++names_[name];
    if (again != 1) name += fmt::format(" ({})", again);
    const std::string file = dialect_ == JunitDialect::gitlab ? fmt::format(" file=\"{}\"", xml_text(printable(run_.scenario))) : "";
    cases_ += fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"0\"{}", xml_text(stem_), xml_text(package), xml_text(name), file);
    ++count_;
  }
  void bad(const Finding& finding, bool undecided, std::string_view type) {
    ++(undecided ? errors_ : failures_);
    const std::string why = (finding.command.empty() ? "" : "Again: " + finding.command + " -- ") + finding.message;
    const char* element = undecided ? "error" : "failure";
    cases_ += fmt::format(">\n      <{0} message=\"{1}\" type=\"{2}\">{3}</{0}>\n    </testcase>\n", element, xml_text(shortened(why, longest_message, "...")), xml_text(std::string(type)), body_of(finding));
  }

  const PipelineRun& run_;
  JunitDialect dialect_;
  std::string stem_;
  std::map<std::string, std::size_t> names_;
  std::string cases_, text_;
  std::size_t count_ = 0, failures_ = 0, errors_ = 0, skipped_ = 0;
  std::size_t all_count_ = 0, all_failures_ = 0, all_errors_ = 0;
};

}  // namespace

ReportRow row_of(std::string name, const Scenario& scenario, const Result& result, const std::string& again) {
  ReportRow row;
  row.name = printable(name);
  row.driver = to_text(result.driver);
  Aside aside;
  aside.again = again;
  std::vector<Finding> findings = findings_of(scenario, result, aside);
  for (const PropertyOutcome& outcome : result.properties) {
    row.cases.push_back({printable(outcome.verdict.property), outcome.verdict.kind, outcome.verdict.strength, std::nullopt});
    for (Finding& finding : findings) {
      if (!finding.property.empty() && finding.property == outcome.verdict.property) row.cases.back().finding = in_row(finding, row.name);
    }
  }
  for (Finding& finding : findings) {
    if (finding.property.empty()) row.others.push_back(in_row(std::move(finding), row.name));
  }
  return row;
}

ReportRow row_not_driven(std::string name, std::string problem, bool decides) {
  ReportRow row;
  row.name = printable(name);
  row.problem = printable(problem.empty() ? std::string("it cannot be driven") : problem);
  row.decides = decides;
  return row;
}

std::vector<Finding> findings_of(const std::vector<ReportRow>& rows, const std::string& scenario) {
  std::vector<Finding> findings;
  for (const ReportRow& row : rows) {
    findings.insert(findings.end(), row.others.begin(), row.others.end());
    for (const RowCase& one : row.cases) {
      if (one.finding) findings.push_back(*one.finding);
    }
    if (!row.problem.empty() && row.decides) findings.push_back(not_driven(row, scenario));
  }
  return findings;
}

std::string junit_rows(const std::vector<ReportRow>& rows, const PipelineRun& run, JunitDialect dialect) {
  Suites suites(run, dialect);
  for (const ReportRow& row : rows) suites.add(row);
  return suites.whole();
}

std::string tap_rows(const std::vector<ReportRow>& rows, const PipelineRun& run) {
  TapPoints points;
  for (const ReportRow& row : rows) {
    for (const Finding& other : row.others) {
      points.begin(false, other.message);
      points.diagnose(other);
    }
    for (const RowCase& one : row.cases) {
      const std::string strength(to_text(one.strength));
      points.begin(!one.finding, fmt::format("{}: {} ({}{}{})", row.name, one.property, to_text(one.verdict), strength.empty() ? "" : " ", strength));
      if (one.finding) points.diagnose(*one.finding);
    }
    if (row.problem.empty()) continue;
    points.begin(!row.decides, row.name + ": can be driven", row.decides ? "" : "SKIP " + row.problem);
    if (row.decides) points.diagnose(not_driven(row, run.scenario));
  }
  return points.whole("");
}

}  // namespace flowtank::reports
