// SPDX-License-Identifier: Apache-2.0
// Files that are damaged, cut short, foreign, of a later version or gone, and scenarios that never end: each gives a sentence that says
// what to do, and what was shown stays. No case waits longer than the run is allowed to be.
#include <catch2/catch.hpp>

#include <QFile>
#include <QFileInfo>

#include <algorithm>

#include "gui/models/event_model.hpp"
#include "gui/scene/sequence_scene.hpp"
#include "gui/scene/topology_scene.hpp"
#include "gui/session/comparison.hpp"
#include "gui/session/state_at.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

std::string bytes_of(const std::string& file) {
  QFile in(QString::fromStdString(file));
  REQUIRE(in.open(QIODevice::ReadOnly));
  return in.readAll().toStdString();
}

std::string written(const QTemporaryDir& folder, const QString& name, const std::string& bytes) {
  const QString file = folder.filePath(name);
  QFile out(file);
  REQUIRE(out.open(QIODevice::WriteOnly | QIODevice::Truncate));
  REQUIRE(out.write(bytes.data(), static_cast<qint64>(bytes.size())) == static_cast<qint64>(bytes.size()));
  return file.toStdString();
}

// Reads what views read of a trace that was opened, so that nothing in it can break them.
void look_through(const Snapshot& snapshot) {
  for (const auto& run : snapshot.runs) {
    Diagnostics diagnostics;
    const auto reader = RunReader::open(run, diagnostics);
    if (reader == nullptr) continue;
    const auto plan = plan_of(snapshot, reader.get());
    for (RecordId at = 0; at < reader->size(); at += 1 + static_cast<RecordId>(reader->size() / 23)) {
      reader->sentence(at);
      state_at(*reader, at);
      TopologyRequest request;
      request.focus = at;
      if (plan != nullptr) topology_scene(*plan, reader.get(), request, measure_by_count);
    }
  }
}

void says_what_to_do(const JobResult& result) {
  REQUIRE_FALSE(result.diagnostics.all().empty());
  for (const Diagnostic& d : result.diagnostics.all()) CHECK_FALSE(d.message.empty());
}

}  // namespace

TEST_CASE("damaged.a_trace_that_is_cut_short_anywhere_opens_as_far_as_it_goes_or_says_why_not") {
  QTemporaryDir folder;
  const std::string whole = bytes_of(std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/duplicate.ftrace");
  for (std::size_t keep : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::size_t{17}, whole.size() / 4, whole.size() / 2, whole.size() * 9 / 10, whole.size() - 1}) {
    INFO(keep << " of " << whole.size());
    const OneRun opened(written(folder, QStringLiteral("cut.ftrace"), whole.substr(0, keep)));
    if (opened.result.snapshot == nullptr) says_what_to_do(opened.result);
    else look_through(opened.snapshot());
  }
}

TEST_CASE("damaged.a_trace_with_flipped_bytes_opens_or_says_why_not") {
  QTemporaryDir folder;
  const std::string whole = bytes_of(std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/duplicate.ftrace");
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 40) {
    INFO(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    const OneRun opened(written(folder, QStringLiteral("flipped.ftrace"), damaged));
    if (opened.result.snapshot == nullptr) {
      says_what_to_do(opened.result);
      ++refused;
    } else {
      look_through(opened.snapshot());
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("damaged.a_trace_that_is_cut_while_it_is_looked_at_is_read_to_its_end") {
  QTemporaryDir folder;
  const std::string file = written(folder, QStringLiteral("cut-later.ftrace"), bytes_of(std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/duplicate.ftrace"));
  const OneRun opened(file);
  REQUIRE(opened.result.snapshot != nullptr);
  Diagnostics diagnostics;
  const auto reader = RunReader::open(opened.snapshot().runs[0], diagnostics);
  REQUIRE(reader != nullptr);
  REQUIRE(QFile::resize(QString::fromStdString(file), 0));
  CHECK_FALSE(reader->sentence(static_cast<RecordId>(reader->size() - 1)).empty());
  look_through(opened.snapshot());
  // What is said of a damaged one names the file that was opened.
  const std::string half = written(folder, QStringLiteral("half.ftrace"), bytes_of(std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/duplicate.ftrace").substr(0, 3000));
  const OneRun damaged(half);
  REQUIRE_FALSE(damaged.result.diagnostics.all().empty());
  for (const Diagnostic& d : damaged.result.diagnostics.all()) CHECK(d.file == half);
}

TEST_CASE("damaged.files_of_later_versions_and_of_other_programs_are_named") {
  QTemporaryDir folder;
  std::string later = bytes_of(std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/duplicate.ftrace");
  later[4] = 99;
  const std::pair<QString, std::string> files[] = {
      {QStringLiteral("later.ftrace"), later},
      {QStringLiteral("later.json"), "{ \"flowtank\": 99, \"title\": \"from the future\" }"},
      {QStringLiteral("later.counterexample"), "flowtank-decisions 99\nscenario x.json\n"},
      {QStringLiteral("picture.ftrace"), "\x89PNG\r\n\x1a\n and so on"},
      {QStringLiteral("picture.json"), "\x89PNG\r\n\x1a\n and so on"},
      {QStringLiteral("empty.json"), ""},
      {QStringLiteral("zeroes.json"), std::string(100'000, '\0')},
      {QStringLiteral("deep.json"), std::string(200'000, '[')},
      {QStringLiteral("no-such-scenario.counterexample"), "flowtank-decisions 1\nscenario nowhere/at-all.json\n"}};
  for (const auto& [name, bytes] : files) {
    INFO(name.toStdString());
    const OneRun opened(written(folder, name, bytes));
    CHECK(opened.result.snapshot == nullptr);
    says_what_to_do(opened.result);
  }
}

TEST_CASE("flood.a_scenario_of_a_thousand_million_requests_is_refused_before_it_runs") {
  const OneRun flood(scenario("faults/duplicate.json"), JobKind::run, {"clients.shoppers.count=1000000000"});
  CHECK(flood.result.snapshot == nullptr);
  REQUIRE_FALSE(flood.result.diagnostics.ok());
  CHECK(flood.result.diagnostics.all().front().message.find("more than the limit") != std::string::npos);
}

TEST_CASE("flood.a_run_of_a_thousand_million_events_is_stopped_and_can_be_looked_at") {
  // Ten million orders, each of about a hundred events.
  JobRequest request;
  request.overrides = {"clients.shoppers.count=10000000", "clients.shoppers.arrivals={\"every_us\":10}", "run.horizon_s=100000"};
  request.most_actions = 40'000;
  const OneRun flood(scenario("faults/duplicate.json"), request);
  INFO((flood.result.diagnostics.all().empty() ? "" : flood.result.diagnostics.all().front().message));
  REQUIRE(flood.result.snapshot != nullptr);
  CHECK(flood.snapshot().interrupted);
  CHECK(flood.snapshot().said.starts_with("stopped after "));
  CHECK(flood.snapshot().runs[0]->index->size() > 10'000);
  look_through(flood.snapshot());
}

TEST_CASE("flood.an_exploration_without_end_stops_in_time_and_says_how_far_it_came") {
  JobRequest request;
  request.kind = JobKind::check;
  request.overrides = {"check.clients.shoppers=8", "check.states=2000000000"};
  request.most_seconds = -1;  // it is over before it begins
  const OneRun flood(scenario("store/1-naive.json"), request);
  INFO((flood.result.diagnostics.all().empty() ? "" : flood.result.diagnostics.all().front().message));
  REQUIRE(flood.result.snapshot != nullptr);
  CHECK(flood.snapshot().said.starts_with("explored "));
  CHECK(flood.snapshot().said.find("all of them") == std::string::npos);
}

TEST_CASE("comparison.finds_the_first_difference_however_late_it_comes") {
  // Ten events from the first difference on are compared, but what is equal before it has no end.
  const OneRun one(scenario("faults/duplicate.json")), other(scenario("faults/duplicate.json"), JobKind::run, {"faults.dup.budget=0"});
  Diagnostics diagnostics;
  const auto a = RunReader::open(one.snapshot().runs[0], diagnostics), b = RunReader::open(other.snapshot().runs[0], diagnostics);
  const std::atomic<bool> never = false;
  const auto whole = compare_runs(*a, *b, never), some = compare_runs(*a, *b, never, 10);
  REQUIRE_FALSE(whole->differences.empty());
  REQUIRE_FALSE(some->differences.empty());
  CHECK(whole->whole);
  CHECK_FALSE(some->whole);
  CHECK(some->equal_before == whole->equal_before);
  CHECK(some->rows[some->differences.front()].a == whole->rows[whole->differences.front()].a);
  // The same run is the same to its end.
  const auto same = compare_runs(*a, *a, never, 10);
  CHECK(same->whole);
  CHECK(same->differences.empty());
  // Rows are found again by their events.
  for (std::size_t row = 0; row < whole->rows.size(); ++row) {
    if (whole->rows[row].has_a()) CHECK(whole->row_of_a(whole->rows[row].a) == static_cast<int>(row));
    if (whole->rows[row].has_b()) CHECK(whole->row_of_b(whole->rows[row].b) == static_cast<int>(row));
  }
  CHECK(whole->row_of_a(no_record) == -1);
}

}  // namespace flowtank::gui
