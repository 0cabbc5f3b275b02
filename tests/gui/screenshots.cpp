// SPDX-License-Identifier: Apache-2.0
// Pictures of the desktop at two sizes, light and dark, without a screen: screenshots FOLDER. They are looked at by people;
// tests look at display lists.
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>

#include "gui/widgets/charts_view.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/faults_view.hpp"
#include "gui/widgets/fork_dialog.hpp"
#include "gui/widgets/main_window.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/topology_view.hpp"

using namespace flowtank::gui;

namespace {

const QString scenarios = QStringLiteral(FLOWTANK_SOURCE_DIR "/scenarios");

class Shots {
 public:
  explicit Shots(QString folder) : folder_(std::move(folder)) {}

  void take(const QSize& size, Scheme scheme) {
    suffix_ = QStringLiteral("-%1-%2").arg(scheme == Scheme::dark ? QStringLiteral("dark") : QStringLiteral("light")).arg(size.width());
    MainWindow window({std::string(FLOWTANK_SOURCE_DIR) + "/models/services"}, scenarios, false);
    window.set_scheme(scheme);
    window.resize(size);
    window.show();
    settle(window);
    shoot(window, "welcome");
    window.run_example(0);
    settle(window);
    window.show_perspective(Perspective::diagnose);
    settle(window);
    shoot(window, "diagnose");
    window.topology().grab().save(name("topology"));
    window.sequence().grab().save(name("sequence"));
    window.timeline().grab().save(name("timeline"));
    window.action(QStringLiteral("find"))->trigger();
    window.events().filter().setText(QStringLiteral("key=o-7"));
    settle(window);
    shoot(window, "events");
    window.events().filter().clear();
    window.show_perspective(Perspective::explore);
    window.timeline().window_shown().fit();
    settle(window);
    shoot(window, "explore");
    moving(window);
    more_views(window);
    window.run_example(1);
    settle(window);
    shoot(window, "crash");
    window.run_example(2);
    settle(window);
    shoot(window, "partition");
    window.run_example(4);
    settle(window);
    shoot(window, "proved");
    window.open_file(scenarios + QStringLiteral("/store/1-naive.json"));
    settle(window);
    window.session().check();
    settle(window);
    shoot(window, "check");
    problems(window);
  }

  int written() const { return written_; }

 private:
  // Messages on their way while the run is played, and the failure as small as it gets.
  void moving(MainWindow& window) {
    window.show_perspective(Perspective::diagnose);
    settle(window);
    // Somewhere on the way of the second copy.
    const TraceIndex& index = window.stage().run()->index();
    window.stage().focus().set_record(static_cast<flowtank::RecordId>((index.faults().front() + index.size()) * 2 / 5));
    window.stage().player().play();
    window.stage().player().advance(0.6);
    QCoreApplication::processEvents();
    shoot(window, "playing");
    window.stage().player().pause();
    window.shrink();
    settle(window);
    shoot(window, "shrunk");
    window.run_example(0);
    settle(window);
  }

  // Compare, Charts, Faults, Fork, preferences.
  void more_views(MainWindow& window) {
    window.action(QStringLiteral("compare-nearest"))->trigger();
    until([&] { return window.compare().comparison() != nullptr && !window.compare().busy(); });
    settle(window);
    shoot(window, "compare");
    window.show_perspective(Perspective::diagnose);
    for (const char* name : {"charts", "faults"}) {
      QDockWidget* dock = window.findChild<QDockWidget*>(QString::fromLatin1(name));
      dock->raise();
      if (*name == 'c') window.charts().choose(Measure::staleness);
      settle(window);
      QTest::qWait(300);
      shoot(window, name);
    }
    if (ForkDialog* dialog = window.fork()) {
      dialog->open();
      until([&] { return !dialog->busy(); });
      written_ += dialog->grab().save(name("fork")) ? 1 : 0;
      dialog->close();
    }
    window.action(QStringLiteral("preferences"))->trigger();
    if (QDialog* dialog = window.findChild<QDialog*>(QStringLiteral("preferences-dialog"))) {
      written_ += dialog->grab().save(name("preferences")) ? 1 : 0;
      dialog->close();
    }
  }

  void settle(MainWindow& window) {
    QTest::qWait(30);
    if (!QTest::qWaitFor([&] { return !window.session().busy(); }, 120'000)) std::fprintf(stderr, "a job did not end\n");
    QTest::qWait(60);
  }

  template <typename Done>
  void until(const Done& done) {
    if (!QTest::qWaitFor(done, 60'000)) std::fprintf(stderr, "a view did not come to its end\n");
  }

  QString name(const char* what) const { return folder_ + QLatin1Char('/') + QLatin1String(what) + suffix_ + QStringLiteral(".png"); }

  void shoot(MainWindow& window, const char* what) { written_ += window.grab().save(name(what)) ? 1 : 0; }

  void problems(MainWindow& window) {
    QTemporaryDir folder;
    QFile in(scenarios + QStringLiteral("/faults/duplicate.json"));
    if (!in.open(QIODevice::ReadOnly)) return;
    QString text = QString::fromUtf8(in.readAll());
    text.replace(QStringLiteral("\"channel\": \"orders\""), QStringLiteral("\"channel\": \"ordrs\"")).replace(QStringLiteral("o.status =="), QStringLiteral("o.satus ==")).replace(QStringLiteral("\"consume\": \"naive\""), QStringLiteral("\"consum\": \"naive\""));
    QFile out(folder.filePath(QStringLiteral("orders-duplicate.json")));
    if (!out.open(QIODevice::WriteOnly)) return;
    out.write(text.toUtf8());
    out.close();
    window.open_file(out.fileName());
    settle(window);
    shoot(window, "problems");
  }

  QString folder_, suffix_;
  int written_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  if (argc != 2 || !QDir().mkpath(QString::fromLocal8Bit(argv[1]))) {
    std::fprintf(stderr, "usage: screenshots FOLDER\n");
    return 2;
  }
  Shots shots(QString::fromLocal8Bit(argv[1]));
  for (const QSize size : {QSize(1600, 1000), QSize(1280, 800)}) {
    for (const Scheme scheme : {Scheme::light, Scheme::dark}) shots.take(size, scheme);
  }
  std::printf("%d pictures in %s\n", shots.written(), argv[1]);
  return 0;
}
