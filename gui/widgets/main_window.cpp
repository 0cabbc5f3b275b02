// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: making the window, and what it shows of session and stage. The commands are in commands.cpp.
#include "gui/widgets/main_window.hpp"

#include <QAction>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QVBoxLayout>

#include <algorithm>

#include <fmt/format.h>

#include <reports/text.hpp>

#include "gui/session/examples.hpp"
#include "gui/models/words.hpp"
#include "gui/widgets/cause_view.hpp"
#include "gui/widgets/charts_view.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/faults_view.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/topology_view.hpp"
#include "gui/widgets/welcome_page.hpp"

namespace flowtank::gui {

MainWindow::MainWindow(std::vector<std::string> model_path, QString scenarios, bool remember)
    : session_(std::move(model_path)), scenarios_(std::move(scenarios)), remember_(remember) {
  if (remember_) recent_ = QSettings().value(QStringLiteral("recent")).toStringList();
  appearance_.set_scheme(remember_ ? static_cast<Scheme>(QSettings().value(QStringLiteral("scheme"), 0).toInt()) : Scheme::light);
  if (remember_) appearance_.set_text_size(QSettings().value(QStringLiteral("text-size"), Appearance::usual_text).toInt());
  apply_preferences();
  setWindowTitle(tr("Flowtank"));
  setAcceptDrops(true);
  setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  make_views();
  make_menus();
  make_tool_bar();
  make_status_bar();
  connect_session();
  welcome_->show_recent(recent_);
  resize(1600, 1000);
  go_home();
  if (remember_) restoreGeometry(QSettings().value(QStringLiteral("geometry")).toByteArray());
}

MainWindow::~MainWindow() {
  session_.disconnect(this);
  stage_.disconnect();
  stage_.focus().disconnect();
  // Views look at the stage until they are gone.
  delete takeCentralWidget();
  for (const auto& [name, made] : docks_) delete made;
}

QDockWidget* MainWindow::dock(QWidget* view, const QString& name, const QString& title) {
  auto* made = new QDockWidget(title, this);
  made->setObjectName(name);
  made->setWidget(view);
  docks_[name] = made;
  return made;
}

void MainWindow::make_views() {
  const Desk desk{session_, stage_, appearance_};
  welcome_ = new WelcomePage(appearance_, scenarios_, this);
  verdicts_ = new VerdictsView(desk, this);
  cause_ = new CauseView(desk, this);
  events_ = new EventsView(desk, this);
  state_ = new StateView(desk, this);
  problems_ = new ProblemsView(desk, this);
  sequence_ = new SequenceView(desk, this);
  topology_ = new TopologyView(desk, this);
  timeline_ = new TimelineView(desk, this);
  compare_ = new CompareView(desk, this);
  charts_ = new ChartsView(desk, this);
  faults_ = new FaultsView(desk, this);
  faults_->on_compare = [this](const std::vector<std::string>& without, const QString& words) {
    show_perspective(Perspective::compare);
    compare_->with_overrides(without, words);
  };
  welcome_->on_example = [this](int number) { run_example(number); };
  welcome_->on_open = [this] { choose_file(); };
  welcome_->on_recent = [this](const QString& file) { open_file(file); };
  // The middle: the message bar over the welcome page, the sequence, or the problems.
  auto* middle = new QWidget(this);
  auto* column = new QVBoxLayout(middle);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  make_message_bar();
  pages_ = new QStackedWidget(middle);
  pages_->addWidget(welcome_);
  pages_->addWidget(sequence_);
  pages_->addWidget(problems_);
  pages_->addWidget(compare_);
  column->addWidget(message_);
  column->addWidget(pages_, 1);
  setCentralWidget(middle);
  addDockWidget(Qt::LeftDockWidgetArea, dock(topology_, QStringLiteral("topology"), tr("Topology")));
  addDockWidget(Qt::RightDockWidgetArea, dock(verdicts_, QStringLiteral("verdicts"), tr("Verdicts")));
  addDockWidget(Qt::RightDockWidgetArea, dock(cause_, QStringLiteral("cause"), tr("Cause")));
  addDockWidget(Qt::RightDockWidgetArea, dock(state_, QStringLiteral("state"), tr("State")));
  addDockWidget(Qt::BottomDockWidgetArea, dock(timeline_, QStringLiteral("timeline"), tr("Timeline")));
  addDockWidget(Qt::BottomDockWidgetArea, dock(events_, QStringLiteral("events"), tr("Events")));
  addDockWidget(Qt::BottomDockWidgetArea, dock(charts_, QStringLiteral("charts"), tr("Charts")));
  addDockWidget(Qt::BottomDockWidgetArea, dock(faults_, QStringLiteral("faults"), tr("Faults")));
  for (const char* name : {"events", "charts", "faults"}) tabifyDockWidget(docks_[QStringLiteral("timeline")], docks_[QString::fromLatin1(name)]);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
}

void MainWindow::make_message_bar() {
  message_ = new QFrame(this);
  message_->setProperty("role", "error");
  auto* row = new QHBoxLayout(message_);
  row->setContentsMargins(10, 5, 8, 5);
  message_words_ = plain_label(message_, "headline");
  message_words_->setWordWrap(true);
  auto* show = new QPushButton(tr("Show problems"), message_);
  auto* hide = new QPushButton(tr("Show last good version"), message_);
  hide->setObjectName(QStringLiteral("show-last-good"));
  row->addWidget(message_words_, 1);
  row->addWidget(hide);
  row->addWidget(show);
  connect(show, &QPushButton::clicked, this, [this] { show_perspective(Perspective::problems); });
  connect(hide, &QPushButton::clicked, this, [this] { show_perspective(Perspective::diagnose); });
  message_->hide();
}

void MainWindow::make_status_bar() {
  stopped_ = plain_label(this);
  stopped_->setMinimumWidth(60);
  stopped_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  facts_ = plain_label(this);
  progress_ = new QProgressBar(this);
  progress_->setMaximumWidth(180);
  progress_->setMaximumHeight(14);
  progress_->setTextVisible(false);
  progress_->setAccessibleName(tr("Progress"));
  cancel_ = new QToolButton(this);
  cancel_->setDefaultAction(actions_[QStringLiteral("cancel")]);
  cancel_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  statusBar()->addWidget(stopped_, 1);
  statusBar()->addPermanentWidget(progress_);
  statusBar()->addPermanentWidget(cancel_);
  statusBar()->addPermanentWidget(facts_);
  statusBar()->setSizeGripEnabled(false);
  statusBar()->setContentsMargins(8, 0, 8, 0);
}

void MainWindow::connect_session() {
  connect(&session_, &Session::busy_changed, this, &MainWindow::show_busy);
  connect(&session_, &Session::progress, this, [this](double part, const QString& words) {
    if (!session_.busy()) return;
    progress_->setRange(0, part < 0 ? 0 : 1000);
    if (part >= 0) progress_->setValue(static_cast<int>(part * 1000));
    stopped_->setText(words);
  });
  connect(&session_, &Session::snapshot_changed, this, &MainWindow::show_snapshot);
  connect(&session_, &Session::diagnostics_changed, this, &MainWindow::show_problems);
  connect(&session_, &Session::cancelled, this, [this] { stopped_->setText(tr("Cancelled. What was shown before is still here.")); });
  connect(&session_, &Session::told, this, [this](const QString& words) {
    QTimer::singleShot(0, this, [this, words] { stopped_->setText(words); });  // after busy_changed
  });
  connect(&session_, &Session::file_changed_on_disk, this, [this] { stopped_->setText(tr("The file changed on disk: running it again.")); });
  connect(&stage_.focus(), &Focus::changed, this, &MainWindow::show_focus);
  connect(&stage_, &Stage::verdict_changed, this, &MainWindow::show_focus);
  connect(&appearance_, &Appearance::changed, this, &MainWindow::icons);
  show_busy();
  show_focus();
  icons();
}

bool MainWindow::welcomes() const { return pages_->currentWidget() == welcome_; }

void MainWindow::go_home() {
  for (const auto& [name, made] : docks_) made->hide();
  pages_->setCurrentWidget(welcome_);
  welcome_->examples().setFocus();
  stopped_->setText(tr("Ready. Nothing is sent over the network."));
}

void MainWindow::show_perspective(Perspective perspective) {
  const bool problems = perspective == Perspective::problems, compares = perspective == Perspective::compare;
  for (const auto& [name, made] : docks_) made->setVisible(!compares && (!problems || (name == QStringLiteral("topology") && session_.is_of_file(stage_.snapshot().get()))));
  pages_->setCurrentWidget(problems ? static_cast<QWidget*>(problems_) : compares ? static_cast<QWidget*>(compare_) : sequence_);
  if (perspective == Perspective::explore) {
    docks_[QStringLiteral("state")]->hide();
    docks_[QStringLiteral("cause")]->hide();
  }
  docks_[QStringLiteral("timeline")]->raise();
  // Docks that were just shown take a size only after their first layout.
  size_docks(perspective);
  QTimer::singleShot(0, this, [this, perspective] { size_docks(perspective); });
  QWidget* first = problems ? static_cast<QWidget*>(&problems_->table()) : compares ? static_cast<QWidget*>(compare_) : perspective == Perspective::explore ? static_cast<QWidget*>(timeline_) : &verdicts_->table();
  first->setFocus();
  if (compares) compare_->begin();
}

void MainWindow::size_docks(Perspective perspective) {
  const auto d = [this](const char* name) { return docks_.at(QString::fromLatin1(name)); };
  if (perspective == Perspective::diagnose) {
    resizeDocks({d("topology"), d("verdicts")}, {width() * 34 / 100, width() * 28 / 100}, Qt::Horizontal);
    // All verdicts are seen, as long as they are few; the cause gets what it needs, the state the rest.
    const int verdicts = std::clamp(verdicts_->table().model()->rowCount() * 25 + 112, height() * 16 / 100, height() * 30 / 100);
    resizeDocks({d("verdicts"), d("cause"), d("state")}, {verdicts, height() * 47 / 100, height() * 43 / 100 - verdicts}, Qt::Vertical);
    resizeDocks({d("timeline")}, {height() * 31 / 100}, Qt::Vertical);
  } else if (perspective == Perspective::explore) {
    resizeDocks({d("topology"), d("verdicts")}, {width() * 36 / 100, width() * 24 / 100}, Qt::Horizontal);
    resizeDocks({d("timeline")}, {height() * 48 / 100}, Qt::Vertical);
  } else if (perspective == Perspective::problems) {
    resizeDocks({d("topology")}, {width() * 32 / 100}, Qt::Horizontal);
  }
}

void MainWindow::open_file(const QString& file) {
  if (!QFileInfo::exists(file)) {
    stopped_->setText(tr("%1 is not there. Was it moved or deleted?").arg(file));
    return;
  }
  session_.open(file);
  remember_file(session_.file());
  if (!session_.is_of_file(stage_.snapshot().get())) seed_->clear();  // that of another file
}

void MainWindow::compare_files(const QString& a, const QString& b) {
  for (const QString& file : {a, b}) {
    if (!QFileInfo::exists(file)) return stopped_->setText(tr("%1 is not there. Was it moved or deleted?").arg(file));
  }
  open_file(a);
  show_perspective(Perspective::compare);
  compare_->with_file(b);
}

void MainWindow::run_example(int number) {
  if (number < 0 || static_cast<std::size_t>(number) >= examples().size() || scenarios_.isEmpty()) return;
  const Example& example = examples()[static_cast<std::size_t>(number)];
  JobRequest how;
  how.kind = example.explored ? JobKind::check : JobKind::run;
  session_.open(scenarios_ + QLatin1Char('/') + QString::fromUtf8(example.file), std::move(how));
  if (!session_.is_of_file(stage_.snapshot().get())) seed_->clear();
}

void MainWindow::remember_file(const QString& file) {
  recent_.removeAll(file);
  recent_.prepend(file);
  while (recent_.size() > 8) recent_.removeLast();
  welcome_->show_recent(recent_);
  if (remember_) QSettings().setValue(QStringLiteral("recent"), recent_);
}

void MainWindow::show_busy() {
  const bool busy = session_.busy();
  progress_->setVisible(busy);
  cancel_->setVisible(busy);
  const bool scenario = session_.is_scenario();
  for (const auto& [name, on] : std::map<QString, bool>{{QStringLiteral("cancel"), busy}, {QStringLiteral("run"), scenario}, {QStringLiteral("check"), scenario}, {QStringLiteral("run-as-written"), scenario}, {QStringLiteral("set-option"), scenario}}) {
    if (actions_.contains(name)) actions_[name]->setEnabled(on);
  }
  if (busy) {
    progress_->setRange(0, 0);
    stopped_->setText(tr("Working on %1…").arg(QFileInfo(session_.file()).fileName()));
  }
  if (!busy && stage_.snapshot() != nullptr) show_focus();
}

void MainWindow::show_snapshot(bool same_file) {
  const bool was_home = welcomes();
  stage_.show(session_.snapshot(), same_file && stage_.snapshot() != nullptr && stage_.snapshot()->driver == (session_.snapshot() == nullptr ? Driver::run : session_.snapshot()->driver) && session_.snapshot()->shrunk == stage_.snapshot()->shrunk);
  if (session_.snapshot() == nullptr) return go_home();
  // Two files that were opened to be compared stay beside each other.
  const bool compares = pages_->currentWidget() == compare_ && (same_file || compare_->busy() || compare_->side_b() != nullptr);
  if (!compares && (was_home || !same_file || pages_->currentWidget() != sequence_)) show_perspective(Perspective::diagnose);
  const Snapshot& shown = *session_.snapshot();
  following_ = true;
  seed_->setText(QString::number(shown.seed));
  following_ = false;
  const QString file = QFileInfo(session_.file()).fileName();
  setWindowTitle(tr("%1 – Flowtank").arg(file));
  const QString title = QString::fromStdString(shown.title) + QStringLiteral("   ·   ") + QString::fromStdString(shown.subtitle);
  title_->setText(title_->fontMetrics().elidedText(title, Qt::ElideRight, 730));
  title_->setToolTip(tip_of(title + QLatin1Char('\n') + QString::fromStdString(shown.claim)));
  docks_[QStringLiteral("verdicts")]->setWindowTitle(!shown.shrunk.empty() ? tr("Verdicts · shrunk") : shown.replayed ? tr("Verdicts · one order of events") : shown.driver == Driver::check ? tr("Verdicts · all orders of events") : tr("Verdicts · one run"));
  show_focus();
}

void MainWindow::show_problems() {
  const std::size_t errors = session_.diagnostics().errors();
  message_->setVisible(errors > 0);
  if (errors == 0) return;
  const QString file = QFileInfo(session_.file()).fileName();
  const bool last_good = session_.shows_last_good() && stage_.snapshot() != nullptr && stage_.snapshot()->file == session_.file().toStdString();
  message_words_->setText(tr("%1 in %2. %3").arg(QString::fromStdString(reports::counted(errors, "error")), file,
                                                           last_good ? tr("The last good version (%1) stays loaded and can be looked at.").arg(session_.last_good_time()) : tr("Nothing was run. Mend them and save: the file is watched.")));
  message_->findChild<QPushButton*>(QStringLiteral("show-last-good"))->setVisible(last_good);
  stopped_->setText(tr("%1. It is read again whenever it is saved.").arg(QString::fromStdString(reports::counted(errors, "error"))));
  if (!session_.is_of_file(stage_.snapshot().get())) {
    // What is still loaded is another file: nothing here may look as if it were of this one.
    setWindowTitle(tr("%1 – Flowtank").arg(file));
    title_->setText(file);
    title_->setToolTip(tip_of(session_.file()));
    facts_->clear();
  }
  show_perspective(Perspective::problems);
}

void MainWindow::show_focus() {
  // Of another file than the one that is open nothing is told here.
  const RunReader* run = stage_.snapshot() == nullptr || session_.is_of_file(stage_.snapshot().get()) ? stage_.run() : nullptr;
  const RecordId record = run == nullptr ? no_record : stage_.record();
  following_ = true;
  scrubber_->setEnabled(run != nullptr);
  scrubber_->setRange(0, run == nullptr || run->size() == 0 ? 0 : static_cast<int>(run->size()) - 1);
  if (record != no_record) scrubber_->setValue(static_cast<int>(record));
  following_ = false;
  time_->setText(run == nullptr || record == no_record ? QStringLiteral("–") : QString::fromStdString(run->time(record)));
  for (const auto& [name, on] : std::map<QString, bool>{{QStringLiteral("back"), stage_.focus().can_go_back()}, {QStringLiteral("forward"), stage_.focus().can_go_forward()}, {QStringLiteral("save-counterexample"), can_save_counterexample()}, {QStringLiteral("play"), run != nullptr && run->size() != 0}, {QStringLiteral("shrink"), stage_.verdict_entry() != nullptr && stage_.verdict_entry()->verdict.kind == VerdictKind::fail && stage_.snapshot()->scenario != nullptr}, {QStringLiteral("export-report"), stage_.snapshot() != nullptr && stage_.snapshot()->scenario != nullptr}, {QStringLiteral("save-scenario"), stage_.snapshot() != nullptr && stage_.snapshot()->scenario != nullptr}}) {
    if (actions_.contains(name)) actions_[name]->setEnabled(on);
  }
  if (!session_.is_of_file(stage_.snapshot().get())) return facts_->clear();
  const Snapshot& shown = *stage_.snapshot();
  if (!session_.busy() && session_.diagnostics().ok()) {
    const VerdictEntry* verdict = stage_.verdict_entry();
    const bool violated = verdict != nullptr && verdict->verdict.kind == VerdictKind::fail;
    stopped_->setText(violated ? tr("%1 is violated").arg(QString::fromStdString(reports::printable(verdict->verdict.property))) : QString::fromStdString(reports::with_capital(shown.said)));
  }
  QStringList facts;
  if (record != no_record && run != nullptr) facts << tr("event %1 of %2").arg(QString::fromStdString(thousands(record)), QString::fromStdString(thousands(run->size())));
  facts << tr("seed %1").arg(shown.seed);
  const std::uint32_t number = stage_.focus().current().run;
  if (number < shown.runs.size() && !shown.runs[number]->fingerprint.empty()) facts << tr("fingerprint %1").arg(QString::fromStdString(shown.runs[number]->fingerprint));
  facts << QString::fromStdString(shown.said) << QString::fromStdString(reports::wall_time(shown.seconds));
  facts_->setText(facts.join(QStringLiteral("   │   ")));
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  QStringList files;
  for (const QUrl& url : event->mimeData()->urls()) {
    if (url.isLocalFile()) files << url.toLocalFile();
  }
  if (files.size() >= 2) return compare_files(files[0], files[1]);
  if (files.size() == 1) return open_file(files[0]);
  stopped_->setText(tr("What was dropped is no file on this machine."));
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (remember_) {
    QSettings().setValue(QStringLiteral("geometry"), saveGeometry());
    QSettings().setValue(QStringLiteral("scheme"), static_cast<int>(appearance_.scheme()));
    // The welcome page hides all docks: that is no layout.
    if (!welcomes()) QSettings().setValue(QStringLiteral("state"), saveState());
  }
  session_.cancel();
  event->accept();
}

bool MainWindow::can_save_counterexample() const {
  const std::uint32_t run = stage_.focus().current().run;
  return stage_.snapshot() != nullptr && run < stage_.snapshot()->runs.size() && stage_.snapshot()->runs[run]->log != nullptr;
}

}  // namespace flowtank::gui
