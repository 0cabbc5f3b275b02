// SPDX-License-Identifier: Apache-2.0
// What users come for, walked with keys and mouse on a window without a screen; gui/README.md says which task is walked where.
// Costs are CPU time of the thread, so that a busy machine fails nothing.
#include <sys/resource.h>

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QDropEvent>
#include <QFileInfo>
#include <QImage>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTimer>
#include <QToolButton>
#include <QUrl>

#include <algorithm>
#include <set>

#include "gui/widgets/cause_view.hpp"
#include "gui/widgets/charts_view.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/export.hpp"
#include "gui/widgets/faults_view.hpp"
#include "gui/widgets/fork_dialog.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/topology_view.hpp"
#include "gui/widgets/welcome_page.hpp"
#include "tests/gui/one_window.hpp"

namespace flowtank::gui {

namespace {

// Milliseconds that this thread has worked.
double worked() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

// Ticks whenever the thread of the window has nothing else to do, and keeps the longest work between two ticks.
class Watchdog {
 public:
  Watchdog() {
    QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] {
      const double now = worked();
      if (last_ > 0) longest_ = std::max(longest_, now - last_);
      last_ = now;
    });
    timer_.start(0);
  }
  double longest() const { return longest_; }

 private:
  QTimer timer_;
  double last_ = 0, longest_ = 0;
};

void drop(MainWindow& window, const QStringList& files) {
  QMimeData data;
  QList<QUrl> urls;
  for (const QString& file : files) urls << QUrl::fromLocalFile(file);
  data.setUrls(urls);
  QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &enter);
  REQUIRE(enter.isAccepted());
  QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &event);
}

void wait_for_comparison(Window& w) {
  REQUIRE(QTest::qWaitFor([&] { return !w.window.session().busy() && !w.window.compare().busy() && w.window.compare().comparison() != nullptr; }, 120'000));
}

}  // namespace

TEST_CASE("task.the_failing_run_and_its_nearest_passing_one_part_in_two_clicks") {
  Window w;
  w.window.run_example(0);
  w.wait();
  w.window.action(QStringLiteral("compare"))->trigger();
  wait_for_comparison(w);
  CompareView& compare = w.window.compare();
  REQUIRE(compare.isVisible());
  compare.go_to_row(0);
  compare.first_button().click();
  REQUIRE(compare.row() >= 0);
  const AlignedRow& row = compare.comparison()->rows[static_cast<std::size_t>(compare.row())];
  CHECK(w.window.stage().run()->index().kind(row.a) == RecordKind::fault);
  CHECK(w.window.stage().record() == row.a);  // the focus of all views went along
  CHECK(compare.headline().contains(QStringLiteral("There is no such event in B")));
  CHECK(compare.differences().summary().startsWith(QStringLiteral("1 of 2 verdicts differ")));
  const int before = compare.row();
  QTest::keyClick(&compare.scene(), Qt::Key_N);
  QTest::keyClick(&compare.scene(), Qt::Key_P);
  CHECK(compare.row() == before);
  QTest::keyClick(&compare.scene(), Qt::Key_Up);
  CHECK(compare.row() == before - 1);
}

TEST_CASE("task.two_brokers_of_one_scenario_stand_beside_each_other") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.action(QStringLiteral("compare"))->trigger();
  wait_for_comparison(w);
  QComboBox& other = w.window.compare().other();
  const int kafka = other.findText(QStringLiteral("kafka"), Qt::MatchStartsWith);
  REQUIRE(kafka > 0);
  other.setCurrentIndex(kafka);
  Q_EMIT other.activated(kafka);
  REQUIRE(QTest::qWaitFor([&] { return !w.window.compare().busy(); }, 120'000));
  INFO(w.window.compare().headline().toStdString());
  bool broker_differs = false;
  const DifferenceModel& model = w.window.compare().differences();
  for (int r = 0; r < model.rowCount(); ++r) broker_differs = broker_differs || model.index(r, DifferenceModel::right).data().toString() == QStringLiteral("kafka");
  CHECK(broker_differs);
  REQUIRE(w.window.compare().comparison() != nullptr);
  CHECK(w.window.compare().comparison()->matched > 20);
}

TEST_CASE("task.a_scenario_with_options_of_its_product_is_compared_with_another_broker") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/kafka/d13-librdkafka-defaults.json"));
  w.wait();
  w.window.action(QStringLiteral("compare"))->trigger();
  REQUIRE(QTest::qWaitFor([&] { return !w.window.compare().busy(); }, 120'000));
  QComboBox& other = w.window.compare().other();
  const int rabbitmq = other.findText(QStringLiteral("rabbitmq instead of kafka"));
  REQUIRE(rabbitmq > 0);
  other.setCurrentIndex(rabbitmq);
  Q_EMIT other.activated(rabbitmq);
  REQUIRE(QTest::qWaitFor([&] { return !w.window.compare().busy(); }, 120'000));
  INFO(w.window.compare().headline().toStdString());
  REQUIRE(w.window.compare().comparison() != nullptr);
  CHECK(w.window.compare().side_b()->data().file->path() != w.window.stage().run()->data().file->path());
  const DifferenceModel& model = w.window.compare().differences();
  bool differs = false;
  for (int r = 0; r < model.rowCount(); ++r) differs = differs || model.index(r, DifferenceModel::right).data().toString() == QStringLiteral("rabbitmq");
  CHECK(differs);
}

TEST_CASE("task.each_kind_of_broker_is_offered_once_for_several_brokers") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(changed_copy(folder, QStringLiteral("two.json"), QStringLiteral("{ \"bus\": { \"kind\": \"ideal\", \"channels\": { \"orders\": {}, \"payments\": {} } } }"),
                                  QStringLiteral("{ \"one\": { \"kind\": \"ideal\", \"channels\": { \"orders\": {} } }, \"two\": { \"kind\": \"ideal\", \"channels\": { \"payments\": {} } } }")));
  w.wait();
  REQUIRE(w.window.stage().snapshot() != nullptr);
  const QComboBox& other = w.window.compare().other();
  std::multiset<QString> offered;
  for (int i = 0; i < other.count(); ++i) offered.insert(other.itemText(i));
  CHECK(offered.count(QStringLiteral("kafka instead of ideal")) == 1);
  CHECK(offered.count(QStringLiteral("ideal instead of ideal")) == 0);
}

TEST_CASE("task.what_cannot_be_compared_takes_the_place_of_what_was") {
  Window w;
  w.window.run_example(0);
  w.wait();
  w.window.action(QStringLiteral("compare"))->trigger();
  wait_for_comparison(w);
  CompareView& compare = w.window.compare();
  compare.with_overrides({"services.payment.with.consume=no such way"}, QStringLiteral("another way to consume"));
  REQUIRE(QTest::qWaitFor([&] { return !compare.busy(); }, 60'000));
  CHECK(compare.comparison() == nullptr);
  CHECK(compare.side_b() == nullptr);
  CHECK(compare.differences().rowCount() == 0);
  CHECK(compare.headline().startsWith(QStringLiteral("B cannot be run: ")));
  // And what can be is shown again.
  compare.with_seed(2);
  wait_for_comparison(w);
  CHECK(compare.side_b() != nullptr);
}

TEST_CASE("task.a_hidden_comparison_follows_when_it_is_seen_again") {
  Window w;
  w.window.run_example(0);
  w.wait();
  w.window.action(QStringLiteral("compare"))->trigger();
  wait_for_comparison(w);
  CompareView& compare = w.window.compare();
  const int before = compare.row();
  w.window.action(QStringLiteral("diagnose"))->trigger();
  REQUIRE_FALSE(compare.isVisible());
  w.window.action(QStringLiteral("first"))->trigger();
  CHECK(compare.row() == before);
  w.window.action(QStringLiteral("compare"))->trigger();
  CHECK(compare.row() == compare.comparison()->row_of_a(w.window.stage().record()));
  CHECK(compare.row() != before);
}

TEST_CASE("task.two_dropped_files_open_compare") {
  Window w;
  drop(w.window, {shipped_scenarios + QStringLiteral("/faults/duplicate.json"), shipped_scenarios + QStringLiteral("/faults/duplicate-control.json")});
  wait_for_comparison(w);
  CHECK(w.window.compare().isVisible());
  CHECK(w.window.session().file().endsWith(QStringLiteral("duplicate.json")));
  CHECK_FALSE(w.window.compare().comparison()->differences.empty());
}

TEST_CASE("task.a_run_is_stepped_forked_and_its_branch_is_kept") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.session().check();
  w.wait();
  REQUIRE(w.window.stage().snapshot()->driver == Driver::check);
  w.window.action(QStringLiteral("next-fault"))->trigger();
  w.window.action(QStringLiteral("previous-fault"))->trigger();
  if (w.window.stage().run()->index().kind(w.window.stage().record()) != RecordKind::fault) w.window.action(QStringLiteral("next-fault"))->trigger();
  REQUIRE(w.window.stage().run()->index().kind(w.window.stage().record()) == RecordKind::fault);
  const RecordId fault = w.window.stage().record();
  w.window.action(QStringLiteral("step"))->trigger();
  CHECK(w.window.stage().record() > fault);
  w.window.action(QStringLiteral("step-back"))->trigger();
  CHECK(w.window.stage().record() == fault);
  ForkDialog* dialog = w.window.fork();
  REQUIRE(dialog != nullptr);
  dialog->open();
  REQUIRE(QTest::qWaitFor([&] { return !dialog->busy() && dialog->model().rowCount() > 0; }, 60'000));
  REQUIRE(dialog->model().choice(dialog->list().currentIndex().row()) != nullptr);
  CHECK_FALSE(dialog->model().choice(dialog->list().currentIndex().row())->taken);
  QSignalSpy shown(&w.window.stage(), &Stage::snapshot_changed);
  dialog->go();
  REQUIRE(QTest::qWaitFor([&] { return !shown.isEmpty(); }, 60'000));
  w.wait();
  CHECK(w.window.stage().verdict_entry()->verdict.kind == VerdictKind::pass);
  REQUIRE(w.window.can_save_counterexample());
  const QString file = folder.filePath(QStringLiteral("branch.counterexample"));
  CHECK(w.window.save_counterexample(file).isEmpty());
  CHECK_FALSE(w.window.save_counterexample(folder.filePath(QStringLiteral("no/such/folder"))).isEmpty());
  w.window.open_file(file);
  w.wait();
  CHECK(w.window.session().diagnostics().ok());
  REQUIRE(w.window.stage().snapshot() != nullptr);
  CHECK(w.window.stage().snapshot()->file == file.toStdString());
}

TEST_CASE("task.a_store_is_looked_at_at_any_time") {
  Window w;
  w.window.run_example(0);
  w.wait();
  StateModel& state = w.window.state().model();
  CHECK(state.store().name == "payment.charges");
  REQUIRE(state.first_change() >= 0);
  CHECK(state.index(state.first_change(), 2).data().toString() == QStringLiteral("1 → 2"));
  w.window.action(QStringLiteral("first"))->trigger();
  CHECK(state.first_change() <= 0);
  w.window.action(QStringLiteral("back"))->trigger();
  CHECK(state.index(state.first_change(), 2).data().toString() == QStringLiteral("1 → 2"));
}

TEST_CASE("task.an_exploration_is_cancelled_at_once_and_leaves_what_was_there") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/store/1-naive.json"));
  w.wait();
  const auto before = w.window.stage().snapshot();
  REQUIRE(before != nullptr);
  QSignalSpy cancelled(&w.window.session(), &Session::cancelled);
  Watchdog watchdog;
  // Large enough to be cancelled in the middle of it.
  w.window.session().check({"check.clients.shoppers=6", "check.states=20000000"});
  QTest::qWait(300);
  const bool was_busy = w.window.session().busy();
  rusage all_before{};
  getrusage(RUSAGE_SELF, &all_before);
  w.window.action(QStringLiteral("cancel"))->trigger();
  w.wait();
  rusage all_after{};
  getrusage(RUSAGE_SELF, &all_after);
  const double took = static_cast<double>(all_after.ru_utime.tv_sec - all_before.ru_utime.tv_sec) * 1e3 + static_cast<double>(all_after.ru_utime.tv_usec - all_before.ru_utime.tv_usec) / 1e3;
  INFO("cancelled after " << took << " ms of work, longest stall " << watchdog.longest() << " ms");
  if (was_busy) {
    CHECK(cancelled.size() == 1);
    CHECK(took <= 400);  // two threads for 200 ms
  }
  CHECK(w.window.stage().snapshot() == before);
  CHECK_FALSE(w.window.welcomes());
  CHECK(w.window.verdicts().table().model()->rowCount() == static_cast<int>(before->verdicts.size()));
}

TEST_CASE("task.the_window_never_stalls_while_it_runs_scrubs_and_filters") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.session().run(1, {"clients.shoppers.count=2000", "clients.shoppers.arrivals={\"every_ms\":5}"});
  w.wait();
  REQUIRE(w.window.stage().run()->size() > 50'000);
  QTest::qWait(200);
  // What stalls the window stalls it every time; a machine that is busy with something else does not.
  double longest = 1e9;
  for (int again = 0; again < 3 && longest > 100; ++again) {
    Watchdog watchdog;
    for (std::size_t id = 0; id < w.window.stage().run()->size(); id += w.window.stage().run()->size() / 60) {
      FocusPoint point = w.window.stage().focus().current();
      point.record = static_cast<RecordId>(id);
      w.window.stage().focus().glide(point);
      QTest::qWait(1);
    }
    w.window.events().filter().setText(QStringLiteral("key=o-77%1").arg(again));
    REQUIRE(QTest::qWaitFor([&] { return !w.window.events().model().filtering(); }, 60'000));
    CHECK(w.window.events().model().rowCount() > 3);
    longest = std::min(longest, watchdog.longest());
  }
  INFO("longest stall " << longest << " ms of work");
#ifdef NDEBUG
  CHECK(longest <= 100);
#endif
}

TEST_CASE("task.everything_is_reached_with_the_keyboard_alone") {
  Window w;
  QTest::keyClick(&w.window.welcome().examples(), Qt::Key_Return);
  REQUIRE(QTest::qWaitFor([&] { return w.window.stage().snapshot() != nullptr; }, 60'000));
  w.wait();
  // From view to view: each that is seen gets the keys, and back again.
  std::set<QWidget*> reached;
  for (int i = 0; i < 12; ++i) {
    w.window.action(QStringLiteral("next-view"))->trigger();
    QCoreApplication::processEvents();
    REQUIRE(QApplication::focusWidget() != nullptr);
    reached.insert(QApplication::focusWidget());
  }
  CHECK(reached.size() >= 8);
  for (QDockWidget* dock : w.window.findChildren<QDockWidget*>()) {
    INFO(dock->objectName().toStdString());
    const bool inside = std::any_of(reached.begin(), reached.end(), [&](QWidget* at) { return dock->isAncestorOf(at); });
    CHECK(inside);
  }
  // Tab walks through every control of a view and out of it.
  std::set<QWidget*> controls;
  w.window.events().filter().setFocus();
  for (int i = 0; i < 60; ++i) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    controls.insert(QApplication::focusWidget());
  }
  CHECK(controls.size() >= 10);
  // Keys of a picture act only there.
  w.window.timeline().setFocus();
  QTest::keyClick(&w.window.timeline(), Qt::Key_W);
  CHECK_FALSE(w.window.timeline().window_shown().shows_all());
  QTest::keyClick(&w.window.timeline(), Qt::Key_Home);
  CHECK(w.window.timeline().window_shown().shows_all());
}

TEST_CASE("task.every_view_has_a_name_and_says_what_it_shows") {
  Window w;
  w.window.run_example(0);
  w.wait();
  for (QAbstractScrollArea* area : w.window.findChildren<QAbstractScrollArea*>()) {
    if (!area->isVisible() || area->focusPolicy() == Qt::NoFocus || qobject_cast<QTableView*>(area->parentWidget()) != nullptr) continue;
    INFO(area->metaObject()->className() << " in " << (area->parentWidget() == nullptr ? "nothing" : area->parentWidget()->metaObject()->className()));
    CHECK_FALSE(area->accessibleName().isEmpty());
  }
  CHECK(w.window.sequence().scene().accessibleDescription().contains(QStringLiteral("In focus: event")));
  CHECK_FALSE(w.window.timeline().accessibleDescription().isEmpty());
  const QString before = w.window.timeline().accessibleDescription();
  w.window.action(QStringLiteral("cause"))->trigger();
  CHECK(w.window.timeline().accessibleDescription() != before);
}

TEST_CASE("task.dark_mode_changes_every_view_and_back") {
  Window w;
  w.window.run_example(0);
  w.wait();
  const auto darkness = [&] {
    const QImage image = w.window.grab().toImage();
    int dark = 0, all = 0;
    for (int y = 100; y < image.height() - 40; y += 37) {
      for (int x = 10; x < image.width(); x += 41, ++all) dark += image.pixelColor(x, y).lightness() < 100 ? 1 : 0;
    }
    return static_cast<double>(dark) / all;
  };
  CHECK(darkness() < 0.2);
  w.window.action(QStringLiteral("scheme-dark"))->trigger();
  QTest::qWait(20);
  CHECK(darkness() > 0.8);
  w.window.action(QStringLiteral("scheme-light"))->trigger();
  QTest::qWait(20);
  CHECK(darkness() < 0.2);
}

TEST_CASE("task.pictures_of_the_newer_views_are_written_too") {
  QTemporaryDir folder;
  Window w;
  w.window.run_example(0);
  w.wait();
  w.window.findChild<QDockWidget*>(QStringLiteral("charts"))->raise();
  REQUIRE(QTest::qWaitFor([&] { return !w.window.charts().scene().list().items.empty(); }, 60'000));
  w.window.action(QStringLiteral("compare"))->trigger();
  wait_for_comparison(w);
  for (const Picture* picture : {static_cast<const Picture*>(&w.window.compare()), static_cast<const Picture*>(&w.window.charts())}) {
    for (const char* ending : {"png", "svg", "pdf"}) {
      const QString file = folder.filePath(picture->picture_name() + QLatin1Char('.') + QString::fromLatin1(ending));
      CHECK(export_to(*picture, file).isEmpty());
      CHECK(QFileInfo(file).size() > 1000);
    }
  }
}

}  // namespace flowtank::gui
