// SPDX-License-Identifier: Apache-2.0
// Control of a run in the window: playing, shrinking, forking what was opened, and what is written of it, walked with commands on a
// window without a screen.
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QToolButton>

#include <algorithm>

#include "gui/widgets/cause_view.hpp"
#include "gui/widgets/fork_dialog.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/topology_view.hpp"
#include "tests/gui/one_window.hpp"

namespace flowtank::gui {

namespace {

QString text_of_file(const QString& file) {
  QFile in(file);
  return in.open(QIODevice::ReadOnly) ? QString::fromUtf8(in.readAll()) : QString();
}

void trigger(Window& w, const char* name) {
  QAction* action = w.window.action(QString::fromLatin1(name));
  REQUIRE(action != nullptr);
  REQUIRE(action->isEnabled());
  action->trigger();
}

}  // namespace

TEST_CASE("task.a_run_is_played_paused_and_stops_at_its_violation") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  trigger(w, "first");
  Player& player = w.window.stage().player();
  player.set_speed(256);
  QSignalSpy moved(&w.window.stage().focus(), &Focus::changed);
  trigger(w, "play");
  CHECK(player.playing());
  CHECK(w.window.action(QStringLiteral("play"))->iconText() == QStringLiteral("Pause"));
  REQUIRE(QTest::qWaitFor([&] { return w.window.stage().record() > 100; }, 30'000));
  trigger(w, "play");
  CHECK_FALSE(player.playing());
  const RecordId paused = w.window.stage().record();
  QTest::qWait(120);
  CHECK(w.window.stage().record() == paused);
  CHECK(moved.size() >= 2);
  // Slower and faster by key, and the choice follows.
  trigger(w, "faster");
  CHECK(player.speed() == 1024);
  trigger(w, "slower");
  trigger(w, "slower");
  CHECK(player.speed() == 128);
  CHECK(w.window.findChild<QComboBox*>(QStringLiteral("speed"))->currentData().toDouble() == 128);
  // Going back leads to where playing began, not through every frame.
  trigger(w, "back");
  CHECK(w.window.stage().record() == 0);
  player.set_speed(16384);
  trigger(w, "play");
  REQUIRE(QTest::qWaitFor([&] { return !player.playing(); }, 30'000));
  CHECK(w.window.stage().run()->index().kind(w.window.stage().record()) == RecordKind::violated);
}

TEST_CASE("task.messages_are_seen_on_their_way_while_scrubbing") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  const auto tokens = [&] {
    const auto& hits = w.window.topology().list().hits;
    return std::count_if(hits.begin(), hits.end(), [](const Hit& hit) { return hit.tip.contains(QStringLiteral("on its way since")); });
  };
  w.window.stage().focus().set_record(w.window.stage().run()->index().faults().front());
  CHECK(tokens() >= 1);
  // At the very end nothing is on its way.
  w.window.stage().focus().set_record(static_cast<RecordId>(w.window.stage().run()->size() - 1));
  CHECK(tokens() == 0);
}

TEST_CASE("task.a_violation_is_shrunk_with_progress_and_opened_as_a_counterexample") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  const std::size_t before = w.window.stage().run()->size();
  QSignalSpy progress(&w.window.session(), &Session::progress);
  trigger(w, "shrink");
  CHECK(w.window.session().busy());
  w.wait();
  CHECK(w.window.session().diagnostics().ok());
  CHECK_FALSE(progress.isEmpty());
  const auto shown = w.window.stage().snapshot();
  REQUIRE_FALSE(shown->shrunk.empty());
  CHECK(w.window.stage().run()->size() * 4 < before);
  CHECK(w.window.stage().verdict_entry()->verdict.kind == VerdictKind::fail);
  CHECK_FALSE(w.window.stage().story().empty());
  // It can be forked, kept with its scenario, and opened again.
  CHECK(w.window.can_save_counterexample());
  const QString file = folder.filePath(QStringLiteral("small.counterexample"));
  CHECK(w.window.save_counterexample(file).isEmpty());
  CHECK(QFileInfo::exists(folder.filePath(QStringLiteral("small.scenario.json"))));
  w.window.open_file(file);
  w.wait();
  REQUIRE(w.window.session().diagnostics().ok());
  CHECK(w.window.stage().snapshot()->file == file.toStdString());
  CHECK(w.window.stage().verdict_entry()->verdict.kind == VerdictKind::fail);
  CHECK(w.window.stage().run()->data().log->actions == shown->runs[0]->log->actions);
}

TEST_CASE("task.shrinking_is_cancelled_and_what_was_shown_stays") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  const auto before = w.window.stage().snapshot();
  QSignalSpy cancelled(&w.window.session(), &Session::cancelled);
  trigger(w, "shrink");
  trigger(w, "cancel");
  w.wait();
  CHECK(w.window.stage().snapshot() == before);
  CHECK(cancelled.size() == 1);
  // What holds cannot be shrunk.
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate-control.json"));
  w.wait();
  CHECK_FALSE(w.window.action(QStringLiteral("shrink"))->isEnabled());
}

TEST_CASE("task.an_opened_counterexample_is_forked_at_any_step") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.session().check();
  w.wait();
  const QString file = folder.filePath(QStringLiteral("found.counterexample"));
  REQUIRE(w.window.save_counterexample(file).isEmpty());
  w.window.open_file(file);
  w.wait();
  REQUIRE(w.window.stage().snapshot()->file == file.toStdString());
  for (const RecordId at : {RecordId{0}, static_cast<RecordId>(w.window.stage().run()->size() / 2)}) {
    w.window.stage().focus().set_record(at);
    ForkDialog* dialog = w.window.fork();
    INFO(w.window.status_text().toStdString());
    REQUIRE(dialog != nullptr);
    dialog->open();
    REQUIRE(QTest::qWaitFor([&] { return !dialog->busy() && dialog->model().rowCount() > 0; }, 60'000));
    QSignalSpy shown(&w.window.stage(), &Stage::snapshot_changed);
    dialog->go();
    REQUIRE(QTest::qWaitFor([&] { return !shown.isEmpty(); }, 60'000));
    w.wait();
    CHECK(w.window.session().diagnostics().ok());
    CHECK(w.window.stage().snapshot()->replayed);
    CHECK(w.window.can_save_counterexample());
  }
}

TEST_CASE("task.the_report_and_the_scenario_as_set_are_written_from_the_window") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.session().run(5, {"clients.shoppers.count=9"});
  w.wait();
  const auto before = w.window.stage().snapshot();
  const QString page = folder.filePath(QStringLiteral("report.html"));
  w.window.write_report(page);
  CHECK(w.window.session().busy());
  w.wait();
  REQUIRE(QTest::qWaitFor([&] { return w.window.status_text().startsWith(QStringLiteral("Wrote ")); }, 10'000));
  CHECK(w.window.stage().snapshot() == before);
  CHECK(text_of_file(page).contains(QStringLiteral("--seed 5")));
  // The report of what cannot be written says so, and the problems of the file are as they were.
  w.window.write_report(folder.filePath(QStringLiteral("no/such/folder.html")));
  w.wait();
  REQUIRE(QTest::qWaitFor([&] { return w.window.status_text().contains(QStringLiteral("Choose another folder")); }, 10'000));
  CHECK(w.window.session().diagnostics().ok());
  CHECK(w.window.stage().snapshot() == before);
  // A seed that was typed in counts though nobody ran it.
  w.window.seed_field().setText(QStringLiteral("42"));
  const QString scenario = folder.filePath(QStringLiteral("as-set.json"));
  CHECK(w.window.save_scenario(scenario).isEmpty());
  CHECK(text_of_file(scenario).contains(QStringLiteral("\"seed\": 42")));
  w.window.open_file(scenario);
  w.wait();
  CHECK(w.window.session().diagnostics().ok());
  CHECK(w.window.stage().snapshot()->seed == 42);
  CHECK(w.window.stage().snapshot()->overrides.empty());
  CHECK_FALSE(w.window.save_scenario(folder.filePath(QStringLiteral("no/such/folder.json"))).isEmpty());
}

}  // namespace flowtank::gui
