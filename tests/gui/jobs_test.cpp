// SPDX-License-Identifier: Apache-2.0
// Jobs that give no snapshot, or another one than a careless reader would expect: runs that pass, counterexamples of timed runs, and
// what is left of a job that was cancelled. Each case says what the user would have been told wrongly.
#include <catch2/catch.hpp>

#include <QDir>
#include <QFile>

#include <algorithm>

#include <models/brokers/registry.hpp>
#include <sim/check/witness.hpp>

#include "gui/session/forks.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

std::string written(const QTemporaryDir& folder, const QString& name, const std::string& text) {
  const QString file = folder.filePath(name);
  QFile out(file);
  REQUIRE(out.open(QIODevice::WriteOnly));
  REQUIRE(out.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()));
  return file.toStdString();
}

// A counterexample of a timed run of the duplicate scenario: without its fault, and only of the first half second.
std::string timed_counterexample(const QTemporaryDir& folder) {
  LoadOptions options;
  options.overrides = {"faults.dup.budget=0"};
  options.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  Diagnostics diagnostics;
  const auto loaded = load_scenario(scenario("faults/duplicate.json"), options, diagnostics);
  REQUIRE(loaded);
  DecisionLog log = log_header(*loaded, options.overrides, Driver::run, 3);
  log.horizon = Time::start() + ms(500);
  return written(folder, QStringLiteral("timed.counterexample"), to_text(log));
}

}  // namespace

TEST_CASE("jobs.a_run_that_shows_nothing_of_the_property_is_no_run_that_passes") {
  // A second is over before any order could be judged: no seed and no fault left out changes that.
  JobRequest request;
  request.kind = JobKind::nearest;
  request.overrides = {"run.horizon_s=1"};
  request.property = "every order is paid";
  const OneRun near(scenario("faults/duplicate.json"), request);
  CHECK(near.result.snapshot == nullptr);
  REQUIRE_FALSE(near.result.diagnostics.ok());
  CHECK(near.result.diagnostics.all().front().message == "no nearby run was found that passes");
  // Nor is there one of a property that nobody knows.
  request.overrides.clear();
  request.property = "no such property";
  CHECK(OneRun(scenario("faults/duplicate.json"), request).result.snapshot == nullptr);
}

TEST_CASE("jobs.an_exploration_that_goes_on_is_no_run_that_passes") {
  // The poisoned message is handed out for ever: whatever is left out, the promise is only not broken yet.
  const QTemporaryDir folder;
  QFile in(QString::fromStdString(scenario("faults/poison.json")));
  REQUIRE(in.open(QIODevice::ReadOnly));
  QString text = QString::fromUtf8(in.readAll());
  for (const auto& [from, to] : {std::pair{", \"retry\": { \"attempts\": 3, \"backoff_ms\": 200 }", ""}, {"\"at_quiescence\": \"o.status", "\"eventually\": \"o.status"}}) {
    REQUIRE(text.contains(QString::fromLatin1(from)));
    text.replace(QString::fromLatin1(from), QString::fromLatin1(to));
  }
  const std::string file = written(folder, QStringLiteral("endless.json"), text.toStdString());
  const OneRun check(file, JobKind::check);
  REQUIRE(check.result.snapshot != nullptr);
  REQUIRE_FALSE(check.snapshot().runs.empty());
  JobRequest request;
  request.kind = JobKind::nearest;
  request.log = check.snapshot().runs[0]->log;
  request.property = "every order is paid";
  CHECK(OneRun(file, request).result.snapshot == nullptr);
}

TEST_CASE("jobs.a_timed_counterexample_keeps_what_it_was_logged_with") {
  const QTemporaryDir folder;
  const OneRun replay(timed_counterexample(folder));
  REQUIRE(replay.result.snapshot != nullptr);
  CHECK(replay.snapshot().seed == 3);
  CHECK(replay.snapshot().overrides == std::vector<std::string>{"faults.dup.budget=0"});
  CHECK(replay.snapshot().runs[0]->index->last_position() <= 500'000'000);
  CHECK(replay.snapshot().horizon == Time::start() + ms(500));
  // What goes on from it ends where it ended.
  JobRequest again;
  again.overrides = replay.snapshot().overrides;
  again.seed = replay.snapshot().seed;
  again.horizon = replay.snapshot().horizon;
  const OneRun run(scenario("faults/duplicate.json"), again);
  REQUIRE(run.result.snapshot != nullptr);
  CHECK(run.snapshot().fingerprint == replay.snapshot().fingerprint);
}

TEST_CASE("forks.of_a_run_with_a_horizon_know_nothing_after_it") {
  ForkSource source;
  source.file = scenario("faults/duplicate.json");
  source.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  source.told = 1'000'000;
  const std::atomic<bool> never = false;
  Diagnostics diagnostics;
  const auto whole = crossroads_at(source, shipped_brokers(), never, diagnostics);
  source.horizon = Time::start() + ms(500);
  const auto half = crossroads_at(source, shipped_brokers(), never, diagnostics);
  REQUIRE(whole);
  REQUIRE(half);
  CHECK(half->log.actions.size() > 10);
  CHECK(half->log.actions.size() + half->rest.size() < whole->log.actions.size() / 2);
}

TEST_CASE("jobs.another_broker_takes_the_place_of_every_one") {
  JobRequest request;
  request.broker = "rabbitmq";
  const OneRun other(scenario("kafka/d13-librdkafka-defaults.json"), request);
  REQUIRE(other.result.snapshot != nullptr);
  for (const BrokerSpec& broker : other.snapshot().scenario->system->brokers) CHECK(broker.kind == "rabbitmq");
  CHECK_FALSE(other.snapshot().overrides.empty());
  // One that the scenario names already changes nothing; none at all is said.
  request.broker = "kafka";
  CHECK(OneRun(scenario("kafka/d13-librdkafka-defaults.json"), request).snapshot().overrides.empty());
}

TEST_CASE("jobs.a_run_that_is_cancelled_leaves_no_trace_behind") {
  for (const JobKind kind : {JobKind::run, JobKind::check}) {
    const QTemporaryDir folder;
    std::atomic<bool> cancelled = false;
    JobRequest request;
    request.kind = kind;
    request.file = scenario("faults/duplicate.json");
    request.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
    request.folder = folder.path().toStdString();
    JobHooks hooks;
    hooks.cancelled = &cancelled;
    hooks.progress = [&cancelled](double, const std::string& words) {
      if (words == "running" || words == "looking through the trace") cancelled.store(true);
    };
    const JobResult result = run_job(request, hooks);
    CHECK(result.cancelled);
    CHECK(result.snapshot == nullptr);
    CHECK(QDir(folder.path()).entryList({QStringLiteral("*.ftrace")}).isEmpty());
  }
}

}  // namespace flowtank::gui
