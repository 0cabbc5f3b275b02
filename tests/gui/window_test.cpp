// SPDX-License-Identifier: Apache-2.0
// What a window must not do: apply what was set for one file to another, lose what was shown, take names for mark-up, hide why a
// filter says nothing. And what it remembers: layouts, edits of filters, preferences.
#include <QAction>
#include <QDialog>
#include <QDockWidget>
#include <QFileInfo>
#include <QLabel>
#include <QPainter>
#include <QSpinBox>
#include <QToolButton>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>

#include "gui/widgets/cause_view.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/faults_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/welcome_page.hpp"
#include "tests/gui/one_window.hpp"

namespace flowtank::gui {

TEST_CASE("window.what_was_set_for_one_file_is_not_applied_to_another") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.session().run(77, {"faults.dup.budget=0"});
  w.wait();
  REQUIRE(w.window.stage().snapshot()->overrides.size() == 1);
  CHECK(w.window.seed() == std::optional<std::uint64_t>(77));
  // A file with errors: the old one is still shown, and its options are nobody's.
  const QString broken = changed_copy(folder, QStringLiteral("b.json"), QStringLiteral("\"channel\": \"orders\""), QStringLiteral("\"channel\": \"ordrs\""));
  w.window.open_file(broken);
  w.wait();
  CHECK_FALSE(w.window.seed());
  changed_copy(folder, QStringLiteral("b.json"), {}, {});
  w.window.action(QStringLiteral("run"))->trigger();
  w.wait();
  REQUIRE(w.window.stage().snapshot()->file == broken.toStdString());
  CHECK(w.window.stage().snapshot()->overrides.empty());
  CHECK(w.window.stage().snapshot()->seed == 1);
}

TEST_CASE("window.a_re_run_of_what_is_shown_is_of_the_file_that_is_shown") {
  QTemporaryDir folder;
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.open_file(changed_copy(folder, QStringLiteral("b.json"), QStringLiteral("\"channel\": \"orders\""), QStringLiteral("\"channel\": \"ordrs\"")));
  w.wait();
  w.window.cause().without_button().click();
  w.wait();
  CHECK(w.window.session().file().endsWith(QStringLiteral("duplicate.json")));
  CHECK(w.window.stage().snapshot()->overrides == std::vector<std::string>{"faults.dup.budget=0"});
}

TEST_CASE("window.a_seed_takes_all_64_bits") {
  Window w;
  w.window.open_file(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  w.wait();
  w.window.seed_field().setText(QStringLiteral("18446744073709551615"));
  QTest::keyClick(&w.window.seed_field(), Qt::Key_Return);
  w.wait();
  CHECK(w.window.stage().snapshot()->seed == 18446744073709551615ULL);
  CHECK(w.window.seed_field().text() == QStringLiteral("18446744073709551615"));
  w.window.seed_field().setText(QStringLiteral("18446744073709551616"));
  QTest::keyClick(&w.window.seed_field(), Qt::Key_Return);
  CHECK_FALSE(w.window.session().busy());
  CHECK(w.window.status_text().contains(QStringLiteral("at most")));
  w.window.seed_field().clear();
  QTest::keyClick(&w.window.seed_field(), Qt::Key_Return);
  w.wait();
  CHECK(w.window.stage().snapshot()->seed == 1);
}

TEST_CASE("window.errors_of_filters_are_shown") {
  Window w;
  w.window.run_example(0);
  w.wait();
  const int all = w.window.events().model().rowCount();
  w.window.events().filter().setText(QStringLiteral("colour:red"));
  CHECK(w.window.events().said().contains(QStringLiteral("colour")));
  CHECK(w.window.events().model().rowCount() == all);
  w.window.events().filter().setText(QStringLiteral("=kind =="));
  CHECK(w.window.events().said().startsWith(QStringLiteral("Not understood")));
  w.window.events().filter().setText(QStringLiteral("=1 / 0 == 1"));
  REQUIRE(QTest::qWaitFor([&] { return !w.window.events().model().filtering(); }, 60'000));
  CHECK(w.window.events().said().contains(QStringLiteral("no value")));
  w.window.events().filter().clear();
  CHECK(w.window.events().said().contains(QStringLiteral(" of ")));
}

TEST_CASE("window.names_from_files_are_never_taken_for_mark_up") {
  QTemporaryDir folder;
  QFile in(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  REQUIRE(in.open(QIODevice::ReadOnly));
  QString text = QString::fromUtf8(in.readAll());
  const QString mark = QStringLiteral("<b>bold</b> & <img src=x>");
  text.replace(QStringLiteral("charged at most once"), mark).replace(QStringLiteral("A duplicate: a second copy charges a second time"), mark);
  const QString file = folder.filePath(QStringLiteral("<i>a & b.json"));
  QFile out(file);
  REQUIRE(out.open(QIODevice::WriteOnly));
  out.write(text.toUtf8());
  out.close();
  Window w;
  w.window.open_file(file);
  w.wait();
  REQUIRE(w.window.stage().snapshot() != nullptr);
  int seen = 0;
  for (const QLabel* label : w.window.findChildren<QLabel*>()) {
    if (!label->text().contains(QStringLiteral("bold")) && !label->text().contains(QStringLiteral("<i>"))) continue;
    ++seen;
    INFO(label->text().toStdString());
    CHECK(label->textFormat() == Qt::PlainText);
  }
  CHECK(seen >= 3);
  w.window.go_home();
  for (const QAbstractButton* button : w.window.welcome().findChildren<QAbstractButton*>()) {
    if (!button->text().contains(QStringLiteral("json"))) continue;
    CHECK(button->text().contains(QStringLiteral("&&")));
    CHECK_FALSE(button->toolTip().contains(QStringLiteral("<i>")));
  }
}

TEST_CASE("window.a_file_that_disappears_leaves_what_is_shown") {
  QTemporaryDir folder;
  Window w;
  const QString file = changed_copy(folder, QStringLiteral("gone.json"), {}, {});
  w.window.open_file(file);
  w.wait();
  const auto before = w.window.stage().snapshot();
  REQUIRE(before != nullptr);
  REQUIRE(QFile::remove(file));
  QTest::qWait(300);
  CHECK(w.window.stage().snapshot() == before);
  w.window.action(QStringLiteral("run"))->trigger();
  w.wait();
  CHECK(w.window.session().diagnostics().errors() >= 1);
  CHECK(w.window.stage().snapshot() == before);
  w.window.open_file(folder.filePath(QStringLiteral("never-there.json")));
  CHECK(w.window.status_text().contains(QStringLiteral("not there")));
}

TEST_CASE("window.a_trace_that_is_written_again_is_read_as_it_was") {
  QTemporaryDir folder;
  Window w;
  w.window.run_example(0);
  w.wait();
  const QString file = folder.filePath(QStringLiteral("run.ftrace"));
  REQUIRE(QFile::copy(QString::fromStdString(w.window.stage().snapshot()->runs[0]->file->path()), file));
  w.window.open_file(file);
  w.wait();
  const RunReader* run = w.window.stage().run();
  REQUIRE(run != nullptr);
  const std::string last = run->sentence(static_cast<RecordId>(run->size() - 1));
  // Another program writes a shorter trace of the same name.
  JobRequest request;
  request.file = (shipped_scenarios + QStringLiteral("/faults/duplicate.json")).toStdString();
  Diagnostics diagnostics;
  LoadOptions options;
  options.model_path = shipped_models;
  options.overrides = {"clients.shoppers.count=1"};
  const auto scenario = load_scenario(request.file, options, diagnostics);
  REQUIRE(scenario);
  TraceOutput trace(file.toStdString(), TraceLevel::full);
  RunOptions how;
  how.trace = &trace;
  REQUIRE(run_scenario(*scenario, shipped_brokers(), how, diagnostics));
  CHECK(run->sentence(static_cast<RecordId>(run->size() - 1)) == last);
  for (RecordId id = 0; id < run->size(); ++id) CHECK(run->raw(id).id == id);
}

TEST_CASE("window.layouts_are_kept_by_name") {
  Window w;
  w.window.run_example(0);
  w.wait();
  auto* topology = w.window.findChild<QDockWidget*>(QStringLiteral("topology"));
  REQUIRE(topology->isVisible());
  w.window.save_layout(QStringLiteral("with / everything"));
  topology->hide();
  w.window.save_layout(QStringLiteral("small"));
  CHECK(w.window.layouts() == QStringList{QStringLiteral("small"), QStringLiteral("with / everything")});
  REQUIRE(w.window.restore_layout(QStringLiteral("with / everything")));
  CHECK_FALSE(topology->isHidden());
  REQUIRE(w.window.restore_layout(QStringLiteral("small")));
  CHECK(topology->isHidden());
  w.window.remove_layout(QStringLiteral("small"));
  CHECK_FALSE(w.window.restore_layout(QStringLiteral("small")));
}

TEST_CASE("window.edits_of_the_filter_are_undone_and_done_again") {
  Window w;
  w.window.run_example(0);
  w.wait();
  QLineEdit& filter = w.window.events().filter();
  w.window.action(QStringLiteral("find"))->trigger();
  QTest::keyClicks(&filter, QStringLiteral("key=o-7 payment"));
  w.window.action(QStringLiteral("undo"))->trigger();
  CHECK(filter.text() == QStringLiteral("key=o-7"));
  w.window.action(QStringLiteral("undo"))->trigger();
  CHECK(filter.text().isEmpty());
  CHECK_FALSE(w.window.action(QStringLiteral("undo"))->isEnabled());
  w.window.action(QStringLiteral("redo"))->trigger();
  CHECK(filter.text() == QStringLiteral("key=o-7"));
  filter.clear();
  w.window.action(QStringLiteral("undo"))->trigger();
  CHECK(filter.text() == QStringLiteral("key=o-7"));
}

TEST_CASE("window.preferences_take_effect_at_once_and_are_taken_back") {
  Window w;
  w.window.run_example(0);
  w.wait();
  const int before = QApplication::font().pixelSize();
  w.window.action(QStringLiteral("preferences"))->trigger();
  auto* dialog = w.window.findChild<QDialog*>(QStringLiteral("preferences-dialog"));
  REQUIRE(dialog != nullptr);
  auto* text = dialog->findChild<QSpinBox*>(QStringLiteral("text-size"));
  text->setValue(16);
  CHECK(QApplication::font().pixelSize() == 16);
  dialog->reject();
  CHECK(QApplication::font().pixelSize() == before);
}

TEST_CASE("window.pictures_are_as_sharp_as_the_screen") {
  Window w;
  w.window.run_example(0);
  w.wait();
  // At twice the density neighbouring rows of pixels differ somewhere: nothing is merely stretched.
  w.window.timeline().window_shown().fit();
  const TimelineView& timeline = w.window.timeline();
  QImage image(timeline.viewport()->size() * 2, QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(2);
  QPainter painter(&image);
  timeline.paint_picture(painter);
  painter.end();
  bool sharper = false;
  for (int y = 0; y + 1 < image.height() && !sharper; y += 2) {
    for (int x = 260; x + 1 < image.width() && !sharper; x += 2) sharper = image.pixel(x, y) != image.pixel(x + 1, y) || image.pixel(x, y) != image.pixel(x, y + 1);
  }
  CHECK(sharper);
}

}  // namespace flowtank::gui
