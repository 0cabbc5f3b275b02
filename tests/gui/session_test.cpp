// SPDX-License-Identifier: Apache-2.0
// The session layer with its threads and without any widget: jobs that are started, cancelled, replaced and abandoned in every order, and
// work beside. These are the cases that the address and thread sanitizers are run on.
#include <catch2/catch.hpp>

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>

#include <memory>

#include "gui/session/background.hpp"
#include "gui/session/session.hpp"
#include "gui/session/stage.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

const std::vector<std::string> models = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};

QString file_of(const char* name) { return QString::fromStdString(scenario(name)); }

bool ends(Session& session) {
  return QTest::qWaitFor([&] { return !session.busy(); }, 120'000);
}

}  // namespace

TEST_CASE("session.a_job_gives_its_snapshot_to_the_thread_of_the_session") {
  Session session(models);
  Stage stage;
  QThread* told_in = nullptr;
  QObject::connect(&session, &Session::snapshot_changed, &session, [&] {
    told_in = QThread::currentThread();
    stage.show(session.snapshot());
  });
  QSignalSpy progress(&session, &Session::progress);
  session.open(file_of("faults/duplicate.json"));
  CHECK(session.busy());
  REQUIRE(ends(session));
  CHECK(told_in == QThread::currentThread());
  REQUIRE(stage.run() != nullptr);
  CHECK(stage.verdict_entry()->verdict.kind == VerdictKind::fail);
  // Measures are read beside.
  if (stage.measures() == nullptr) {
    QSignalSpy measured(&stage, &Stage::measures_changed);
    REQUIRE(QTest::qWaitFor([&] { return !measured.isEmpty(); }, 60'000));
  }
  CHECK(stage.measures() != nullptr);
  CHECK_FALSE(progress.isEmpty());
}

TEST_CASE("session.of_many_jobs_in_a_row_only_the_last_one_is_shown") {
  Session session(models);
  session.open(file_of("faults/duplicate.json"));
  QSignalSpy shown(&session, &Session::snapshot_changed);
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    session.run(seed);
    if (seed % 3 == 0) QTest::qWait(2);
  }
  REQUIRE(ends(session));
  REQUIRE(session.snapshot() != nullptr);
  CHECK(session.snapshot()->seed == 12);
  CHECK(shown.size() >= 1);
}

TEST_CASE("session.whatever_is_cancelled_at_any_moment_leaves_what_was_there") {
  Session session(models);
  session.open(file_of("faults/duplicate.json"));
  REQUIRE(ends(session));
  const auto before = session.snapshot();
  for (int moment = 0; moment < 8; ++moment) {
    JobRequest request;
    request.kind = moment % 2 == 0 ? JobKind::check : JobKind::shrink;
    request.property = "charged at most once";
    request.overrides = {"check.clients.shoppers=3"};
    session.ask(std::move(request));
    QTest::qWait(moment * 3);
    session.cancel();
    REQUIRE(ends(session));
    if (session.snapshot() != before) break;  // it was ready before it could be cancelled
  }
  CHECK(session.diagnostics().ok());
  CHECK(session.snapshot() != nullptr);
}

TEST_CASE("session.it_may_go_in_the_middle_of_a_job_and_of_what_reads_its_runs") {
  for (int moment = 0; moment < 6; ++moment) {
    auto session = std::make_unique<Session>(models);
    auto stage = std::make_unique<Stage>();
    session->open(file_of("faults/duplicate.json"));
    if (moment % 2 == 0) {
      REQUIRE(ends(*session));
      stage->show(session->snapshot());
      stage->measures();
      stage->player().play();
      session->check();
    }
    QTest::qWait(moment * 4);
    if (moment % 3 == 0) stage.reset();
    session.reset();
  }
}

TEST_CASE("session.jobs_beside_show_nothing_and_say_what_they_did") {
  QTemporaryDir folder;
  Session session(models);
  session.open(file_of("faults/duplicate.json"));
  REQUIRE(ends(session));
  const auto before = session.snapshot();
  QSignalSpy told(&session, &Session::told);
  JobRequest request;
  request.kind = JobKind::report;
  request.to = folder.filePath(QStringLiteral("report.html")).toStdString();
  session.ask(request);
  REQUIRE(ends(session));
  REQUIRE(told.size() == 1);
  CHECK(told.front().front().toString().startsWith(QStringLiteral("Wrote ")));
  CHECK(session.snapshot() == before);
}

TEST_CASE("session.errors_come_with_the_old_snapshot_and_a_trace_with_its_outline") {
  QTemporaryDir folder;
  Session session(models);
  session.open(file_of("faults/duplicate.json"));
  REQUIRE(ends(session));
  const auto before = session.snapshot();
  session.run(1, {"services.payment.with.consume=no such way"});
  REQUIRE(ends(session));
  CHECK_FALSE(session.diagnostics().ok());
  CHECK(session.snapshot() == before);
  session.open(QStringLiteral(FLOWTANK_SOURCE_DIR "/tests/gui/golden/duplicate.ftrace"));
  REQUIRE(ends(session));
  CHECK(session.snapshot() != before);
}

TEST_CASE("background.only_the_last_work_gives_its_result_in_the_thread_that_asked") {
  auto work = std::make_unique<Background>();
  std::vector<int> results;
  for (int i = 0; i < 20; ++i) {
    work->start([i, &results](const std::atomic<bool>& cancelled) -> std::function<void()> {
      for (int n = 0; n < 20'000 && !cancelled.load(std::memory_order_relaxed); ++n) {}
      return [i, &results] { results.push_back(i); };
    });
    if (i % 5 == 0) QTest::qWait(1);
  }
  REQUIRE(QTest::qWaitFor([&] { return !work->busy(); }, 60'000));
  REQUIRE_FALSE(results.empty());
  CHECK(results.back() == 19);
  // Cancelled work gives none, and the object may go while it goes on.
  const std::size_t before = results.size();
  const auto forever = [&results](const std::atomic<bool>& cancelled) -> std::function<void()> {
    while (!cancelled.load(std::memory_order_relaxed)) {}
    return [&results] { results.push_back(-1); };
  };
  work->start(forever);
  work->cancel();
  REQUIRE(QTest::qWaitFor([&] { return !work->busy(); }, 60'000));
  work->start(forever);
  work.reset();
  CHECK(results.size() == before);
}

}  // namespace flowtank::gui
