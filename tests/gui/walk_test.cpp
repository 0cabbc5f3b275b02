// SPDX-License-Identifier: Apache-2.0
// What users do, with keys and mouse, on a window without a screen.
#include <catch2/catch.hpp>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QUrl>

#include "gui/widgets/cause_view.hpp"
#include "gui/widgets/export.hpp"
#include "gui/widgets/main_window.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/topology_view.hpp"
#include "gui/widgets/welcome_page.hpp"
#include "tests/gui/one_window.hpp"

namespace flowtank::gui {

TEST_CASE("walk.from_start_to_the_cause_with_two_keys") {
  Window w;
  REQUIRE(w.window.welcomes());
  QTest::keyClick(&w.window.welcome().examples(), Qt::Key_Return);
  REQUIRE(QTest::qWaitFor([&] { return w.window.stage().snapshot() != nullptr; }, 60'000));
  w.wait();
  CHECK_FALSE(w.window.welcomes());
  CHECK(w.window.cause().headline().contains(QStringLiteral("o-7")));
  CHECK(w.window.stage().verdict_entry()->verdict.kind == VerdictKind::fail);
  const RecordId violation = w.window.stage().record();
  REQUIRE(violation != no_record);
  // Up through the steps: the focus follows, every view with it.
  QTest::keyClick(&w.window.cause().steps(), Qt::Key_Up);
  CHECK(w.window.stage().record() < violation);
  QTest::keyClick(&w.window.cause().steps(), Qt::Key_Home);
  REQUIRE(w.window.stage().step_at(w.window.stage().record()) != nullptr);
  CHECK(w.window.stage().step_at(w.window.stage().record())->number == 1);
  // Next fault, then back to where one was.
  w.window.action(QStringLiteral("next-fault"))->trigger();
  CHECK(w.window.stage().run()->index().kind(w.window.stage().record()) == RecordKind::fault);
  w.window.action(QStringLiteral("back"))->trigger();
  REQUIRE(w.window.stage().step_at(w.window.stage().record()) != nullptr);
  CHECK(w.window.stage().step_at(w.window.stage().record())->number == 1);
}

TEST_CASE("walk.without_the_fault_it_passes_and_with_the_repair_too") {
  Window w;
  w.window.run_example(0);
  w.wait();
  REQUIRE(w.window.cause().without_button().isVisible());
  w.window.cause().without_button().click();
  w.wait();
  for (const VerdictEntry& verdict : w.window.stage().snapshot()->verdicts) CHECK(verdict.verdict.kind != VerdictKind::fail);
  w.window.action(QStringLiteral("run-as-written"))->trigger();
  w.wait();
  REQUIRE(w.window.cause().repair_button().isVisible());
  w.window.cause().repair_button().click();
  w.wait();
  for (const VerdictEntry& verdict : w.window.stage().snapshot()->verdicts) CHECK(verdict.verdict.kind == VerdictKind::pass);
}

TEST_CASE("walk.the_last_example_is_proved") {
  Window w;
  w.window.run_example(4);
  w.wait();
  REQUIRE(w.window.stage().snapshot() != nullptr);
  CHECK(w.window.stage().snapshot()->driver == Driver::check);
  CHECK(w.window.cause().headline().contains(QStringLiteral("every state")));
}

TEST_CASE("walk.a_dropped_scenario_with_errors_shows_all_and_runs_when_it_is_mended") {
  QTemporaryDir folder;
  Window w;
  const QString file = changed_copy(folder, QStringLiteral("shop.json"), QStringLiteral("\"channel\": \"orders\""), QStringLiteral("\"channel\": \"ordrs\""));
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(file)});
  QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&w.window, &enter);
  REQUIRE(enter.isAccepted());
  QDropEvent drop(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&w.window, &drop);
  w.wait();
  CHECK(w.window.stage().snapshot() == nullptr);
  INFO(w.window.status_text().toStdString() << " " << w.window.session().file().toStdString() << " " << w.window.session().diagnostics().errors());
  REQUIRE(w.window.problems().isVisible());
  CHECK(w.window.problems().model().rowCount() >= 1);
  CHECK(w.window.problems().model().replacement(0) == QStringLiteral("orders"));
  CHECK(w.window.problems().text().toPlainText().contains(QStringLiteral("ordrs")));
  // The cursor stands at the problem.
  CHECK(w.window.problems().text().textCursor().block().text().contains(QStringLiteral("ordrs")));
  QTest::qWait(1100);  // file systems have coarse clocks
  changed_copy(folder, QStringLiteral("shop.json"), {}, {});
  REQUIRE(QTest::qWaitFor([&] { return w.window.stage().snapshot() != nullptr; }, 60'000));
  w.wait();
  CHECK_FALSE(w.window.problems().isVisible());
  // Broken again: the last good version stays.
  QTest::qWait(1100);
  changed_copy(folder, QStringLiteral("shop.json"), QStringLiteral("c.times <= 1"), QStringLiteral("c.tims <= 1"));
  REQUIRE(QTest::qWaitFor([&] { return w.window.session().diagnostics().errors() > 0; }, 60'000));
  w.wait();
  CHECK(w.window.session().shows_last_good());
  CHECK(w.window.stage().snapshot() != nullptr);
}

TEST_CASE("walk.scrubbing_changes_every_view_and_runs_nothing") {
  Window w;
  w.window.run_example(0);
  w.wait();
  const auto* snapshot = w.window.stage().snapshot().get();
  for (RecordId id = 0; id < w.window.stage().run()->size(); id += 97) {
    FocusPoint point = w.window.stage().focus().current();
    point.record = id;
    w.window.stage().focus().glide(point);
    QCoreApplication::processEvents();
  }
  CHECK(w.window.stage().snapshot().get() == snapshot);
  CHECK_FALSE(w.window.session().busy());
}

TEST_CASE("walk.typing_in_the_filter_moves_nothing_else") {
  Window w;
  w.window.run_example(0);
  w.wait();
  const RecordId before = w.window.stage().record();
  w.window.action(QStringLiteral("find"))->trigger();
  QTest::keyClicks(&w.window.events().filter(), QStringLiteral("wasdz key=o-7"));
  CHECK(w.window.events().filter().text() == QStringLiteral("wasdz key=o-7"));
  CHECK(w.window.stage().record() == before);
}

TEST_CASE("walk.every_picture_is_written_in_every_format") {
  QTemporaryDir folder;
  Window w;
  w.window.run_example(0);
  w.wait();
  for (const Picture* picture : {static_cast<const Picture*>(&w.window.sequence()), static_cast<const Picture*>(&w.window.topology()), static_cast<const Picture*>(&w.window.timeline())}) {
    for (const char* ending : {"png", "svg", "pdf"}) {
      const QString file = folder.filePath(picture->picture_name() + QLatin1Char('.') + QString::fromLatin1(ending));
      CHECK(export_to(*picture, file).isEmpty());
      CHECK(QFileInfo(file).size() > 1000);
    }
    CHECK_FALSE(export_to(*picture, folder.filePath(QStringLiteral("no/such/folder/x.png"))).isEmpty());
    CHECK_FALSE(export_to(*picture, folder.filePath(QStringLiteral("x.bmp"))).isEmpty());
  }
}

TEST_CASE("walk.a_window_that_closes_during_a_job_waits_for_nothing_and_breaks_nothing") {
  for (int i = 0; i < 3; ++i) {
    MainWindow window(shipped_models, shipped_scenarios, false);
    window.show();
    window.open_file(shipped_scenarios + QStringLiteral("/store/1-naive.json"));
    window.session().check();
    QTest::qWait(5 * i);
    window.close();
  }
  SUCCEED();
}

TEST_CASE("walk.every_command_has_a_text_a_tip_and_those_in_menus_a_place") {
  Window w;
  for (const QAction* action : w.window.findChildren<QAction*>()) {
    if (action->objectName().isEmpty() || action->isSeparator()) continue;
    INFO(action->objectName().toStdString());
    if (w.window.action(action->objectName()) != action) continue;
    CHECK_FALSE(action->text().isEmpty());
    CHECK_FALSE(action->statusTip().isEmpty());
    CHECK_FALSE(action->associatedObjects().isEmpty());
  }
}

}  // namespace flowtank::gui
