// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: the commands of the menus File, Run, Go and Help, and the tool bar. Those of Edit and View are in layouts.cpp.
#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMenuBar>
#include <QMessageBox>
#include <QRegularExpressionValidator>
#include <QToolBar>

#include <fmt/format.h>

#include "gui/models/words.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/export.hpp"
#include "gui/widgets/fork_dialog.hpp"
#include "gui/widgets/main_window.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "gui/widgets/topology_view.hpp"

namespace flowtank::gui {

QAction* MainWindow::add(QMenu* menu, Command command) {
  auto* action = new QAction(command.text, this);
  action->setObjectName(QString::fromLatin1(command.name));
  action->setToolTip(command.tip + (command.keys.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(command.keys.front().toString(QKeySequence::NativeText))));
  action->setStatusTip(command.tip);
  action->setShortcuts(command.keys);
  connect(action, &QAction::triggered, this, [act = std::move(command.act)] { act(); });
  menu->addAction(action);
  actions_[action->objectName()] = action;
  return action;
}

QAction* MainWindow::action(const QString& name) const {
  const auto found = actions_.find(name);
  return found == actions_.end() ? nullptr : found->second;
}

void MainWindow::make_menus() {
  make_file_menu();
  make_edit_menu();
  make_run_menu();
  make_go_menu();
  make_view_menu();
  auto* help = menuBar()->addMenu(tr("&Help"));
  add(help, {"keys", tr("&Keys"), tr("All keys of this window"), {QKeySequence(Qt::Key_F1)}, [this] { show_keys(); }});
  add(help, {"about", tr("&About Flowtank"), tr("What this is"), {}, [this] { show_about(); }});
  title_ = plain_label(this, "dim");
  title_->setContentsMargins(12, 0, 12, 0);
  title_->setMinimumWidth(760);
  title_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  menuBar()->setCornerWidget(title_, Qt::TopRightCorner);
}

void MainWindow::make_file_menu() {
  auto* menu = menuBar()->addMenu(tr("&File"));
  add(menu, {"open", tr("&Open…"), tr("Opens a scenario, a trace or a counterexample"), {QKeySequence::Open}, [this] { choose_file(); }});
  add(menu, {"home", tr("&Welcome page"), tr("Examples and recent files"), {QKeySequence(Qt::CTRL | Qt::Key_Home)}, [this] { go_home(); }});
  menu->addSeparator();
  add(menu, {"export", tr("&Export picture…"), tr("Writes the view in use as PNG, SVG or PDF"), {QKeySequence(Qt::CTRL | Qt::Key_E)}, [this] { export_picture(); }});
  make_kept_commands(menu);
  add(menu, {"copy-focus", tr("&Copy event in focus"), tr("Copies the event in focus as text"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)}, [this] {
        const RunReader* run = stage_.run();
        if (run == nullptr || stage_.record() == no_record) return;
        QApplication::clipboard()->setText(QString::fromStdString(fmt::format("#{} {} {}", stage_.record(), run->time(stage_.record()), run->sentence(stage_.record()))));
      }});
  menu->addSeparator();
  add(menu, {"quit", tr("&Quit"), tr("Closes the window"), {QKeySequence::Quit}, [this] { close(); }});
}

void MainWindow::make_run_menu() {
  auto* menu = menuBar()->addMenu(tr("&Run"));
  add(menu, {"run", tr("&Run"), tr("Runs the scenario once with the seed given"), {QKeySequence(Qt::Key_F5)}, [this] { session_.run(seed(), overrides()); }});
  add(menu, {"check", tr("&Check"), tr("Explores all orders of events within the bounds of the scenario"), {QKeySequence(Qt::Key_F6)}, [this] { session_.check(overrides()); }});
  add(menu, {"cancel", tr("C&ancel"), tr("Stops what is under way; what is shown stays"), {QKeySequence(Qt::SHIFT | Qt::Key_F5)}, [this] { session_.cancel(); }});
  add(menu, {"shrink", tr("&Shrink"), tr("Makes the violation chosen as small as it still fails: scenario, faults and actions"), {QKeySequence(Qt::Key_F9)}, [this] { shrink(); }});
  menu->addSeparator();
  add(menu, {"run-as-written", tr("Run as &written"), tr("Runs the scenario with its own seed and options"), {QKeySequence(Qt::CTRL | Qt::Key_F5)}, [this] { session_.run(); }});
  add(menu, {"set-option", tr("Set &option and run…"), tr("Changes one value of the scenario for this run, as --set does"), {QKeySequence(Qt::CTRL | Qt::Key_T)}, [this] {
        if (!session_.is_scenario()) return;
        const QString given = QInputDialog::getText(this, tr("Set an option"), tr("path=value, for example services.payment.with.consume=inbox"));
        if (given.isEmpty()) return;
        auto all = overrides();
        all.push_back(given.toStdString());
        session_.run(seed(), std::move(all));
      }});
  menu->addSeparator();
  add(menu, {"fork", tr("&Fork from here…"), tr("Chooses another action at the event in focus and follows that branch"), {QKeySequence(Qt::CTRL | Qt::Key_K)}, [this] {
        if (ForkDialog* dialog = fork()) dialog->open();
      }});
  add(menu, {"compare-nearest", tr("Compare with the &nearest passing run"), tr("Shows this run beside the one most like it that passes, where they part"), {QKeySequence(Qt::CTRL | Qt::Key_D)}, [this] {
        if (stage_.snapshot() == nullptr) return;
        show_perspective(Perspective::compare);
        compare_->with_nearest();
      }});
}

void MainWindow::make_go_menu() {
  auto* menu = menuBar()->addMenu(tr("&Go"));
  make_play_commands(menu);
  add(menu, {"step", tr("&Next event"), tr("Steps to the next event"), {QKeySequence(Qt::Key_F10), QKeySequence(Qt::ALT | Qt::Key_Period)}, [this] { stage_.step(1); }});
  add(menu, {"step-back", tr("&Previous event"), tr("Steps to the event before"), {QKeySequence(Qt::SHIFT | Qt::Key_F10), QKeySequence(Qt::ALT | Qt::Key_Comma)}, [this] { stage_.step(-1); }});
  add(menu, {"lane-next", tr("Next event &here"), tr("The next event of the same service or channel"), {QKeySequence(Qt::SHIFT | Qt::ALT | Qt::Key_Right)}, [this] { stage_.step_on_lane(1); }});
  add(menu, {"lane-back", tr("Previous event h&ere"), tr("The event before of the same service or channel"), {QKeySequence(Qt::SHIFT | Qt::ALT | Qt::Key_Left)}, [this] { stage_.step_on_lane(-1); }});
  menu->addSeparator();
  add(menu, {"cause", tr("To its &cause"), tr("The event that caused this one"), {QKeySequence(Qt::CTRL | Qt::Key_Left)}, [this] { stage_.to_cause(); }});
  add(menu, {"effect", tr("To its e&ffect"), tr("The first event that came of this one"), {QKeySequence(Qt::CTRL | Qt::Key_Right)}, [this] { stage_.to_effect(); }});
  add(menu, {"next-fault", tr("Next fa&ult"), tr("The next fault that strikes"), {QKeySequence(Qt::Key_F7)}, [this] { stage_.to_next(false, 1); }});
  add(menu, {"previous-fault", tr("Previous fault"), tr("The fault that struck before"), {QKeySequence(Qt::SHIFT | Qt::Key_F7)}, [this] { stage_.to_next(false, -1); }});
  add(menu, {"next-violation", tr("Next &violation or problem"), tr("The next violation of the run, or the next problem of the file"), {QKeySequence(Qt::Key_F8)}, [this] {
        if (pages_->currentWidget() == problems_) problems_->next(1);
        else stage_.to_next(true, 1);
      }});
  add(menu, {"previous-violation", tr("Previous violation or problem"), tr("The violation or problem before"), {QKeySequence(Qt::SHIFT | Qt::Key_F8)}, [this] {
        if (pages_->currentWidget() == problems_) problems_->next(-1);
        else stage_.to_next(true, -1);
      }});
  add(menu, {"first", tr("To the &beginning"), tr("The first event of the run"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Home)}, [this] { stage_.to_first(); }});
  menu->addSeparator();
  add(menu, {"back", tr("&Back"), tr("Where the focus was before"), {QKeySequence(Qt::ALT | Qt::Key_Left)}, [this] { stage_.focus().back(); }});
  add(menu, {"forward", tr("F&orward"), tr("Where the focus was before going back"), {QKeySequence(Qt::ALT | Qt::Key_Right)}, [this] { stage_.focus().forward(); }});
  add(menu, {"go-to", tr("&Go to event…"), tr("An event by its number"), {QKeySequence(Qt::CTRL | Qt::Key_G)}, [this] {
        const RunReader* run = stage_.run();
        if (run == nullptr || run->size() == 0) return;
        bool chosen = false;
        const int to = QInputDialog::getInt(this, tr("Go to event"), tr("Number, 0 to %1").arg(run->size() - 1), static_cast<int>(stage_.record() == no_record ? 0 : stage_.record()), 0, static_cast<int>(run->size()) - 1, 1, &chosen);
        if (chosen) stage_.focus().set_record(static_cast<RecordId>(to));
      }});
  add(menu, {"find", tr("&Find events"), tr("Goes to the filter of the events"), {QKeySequence::Find}, [this] {
        docks_[QStringLiteral("events")]->show();
        docks_[QStringLiteral("events")]->raise();
        events_->filter().setFocus();
        events_->filter().selectAll();
      }});
  add(menu, {"bookmark", tr("Book&mark"), tr("Pins the event in focus with a note"), {QKeySequence(Qt::CTRL | Qt::Key_B)}, [this] {
        const RunReader* run = stage_.run();
        if (run != nullptr && stage_.record() != no_record) stage_.focus().add_bookmark(QString::fromStdString(run->sentence(stage_.record())));
      }});
  auto* marks = menu->addMenu(tr("Bookmarks"));
  marks->setEnabled(false);
  connect(&stage_.focus(), &Focus::bookmarks_changed, this, [this, marks] {
    marks->clear();
    marks->setEnabled(!stage_.focus().bookmarks().empty());
    for (const Bookmark& mark : stage_.focus().bookmarks()) {
      marks->addAction(label_of(QStringLiteral("#%1  %2").arg(mark.point.record).arg(mark.note)), this, [this, point = mark.point] { stage_.focus().set(point); });
    }
  });
}

void MainWindow::make_tool_bar() {
  auto* bar = addToolBar(tr("Tools"));
  bar->setObjectName(QStringLiteral("tools"));
  bar->setMovable(false);
  bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  bar->setIconSize(QSize(16, 16));
  for (const char* name : {"open", "|", "run", "check", "|", "play", "step-back", "step", "next-fault", "next-violation"}) {
    if (*name == '|') bar->addSeparator();
    else bar->addAction(actions_[QString::fromLatin1(name)]);
  }
  actions_[QStringLiteral("open")]->setIconText(tr("Open"));
  show_playing();
  // Shapes that everybody knows need no words: the room is the scrubber's.
  for (const char* name : {"open", "step-back", "step", "next-fault", "next-violation"}) {
    if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(actions_[QString::fromLatin1(name)]))) button->setToolButtonStyle(Qt::ToolButtonIconOnly);
  }
  actions_[QStringLiteral("step-back")]->setIconText(tr("Step back"));
  actions_[QStringLiteral("step")]->setIconText(tr("Step"));
  actions_[QStringLiteral("next-fault")]->setIconText(tr("Fault"));
  actions_[QStringLiteral("next-violation")]->setIconText(tr("Violation"));
  make_speed_choice(bar);
  bar->addSeparator();
  scrubber_ = new QSlider(Qt::Horizontal, bar);
  scrubber_->setAccessibleName(tr("Event in focus"));
  scrubber_->setToolTip(tr("Drag to any event of the run: the state is looked up, nothing is run again"));
  scrubber_->setMinimumWidth(84);
  bar->addWidget(scrubber_);
  time_ = new QLabel(bar);
  time_->setMinimumWidth(72);
  time_->setAlignment(Qt::AlignCenter);
  bar->addWidget(time_);
  auto* label = new QLabel(tr("Seed"), bar);
  bar->addWidget(label);
  seed_ = new QLineEdit(bar);
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,20}")), seed_));
  seed_->setMaximumWidth(84);
  seed_->setMinimumWidth(60);
  seed_->setPlaceholderText(tr("own"));
  seed_->setToolTip(tr("0 to 18,446,744,073,709,551,615; empty: the seed of the scenario"));
  seed_->setAccessibleName(tr("Seed"));
  seed_->setAccessibleDescription(seed_->toolTip());
  label->setBuddy(seed_);
  bar->addWidget(seed_);
  bar->addSeparator();
  for (const char* name : {"fork", "shrink", "|", "explore", "diagnose", "compare"}) {
    if (*name == '|') bar->addSeparator();
    else bar->addAction(actions_[QString::fromLatin1(name)]);
  }
  actions_[QStringLiteral("fork")]->setIconText(tr("Fork"));
  const auto scrub = [this](int to, bool glide) {
    FocusPoint point = stage_.focus().current();
    point.record = static_cast<RecordId>(to);
    point.lane = no_lane;
    if (glide) stage_.focus().glide(point);
    else stage_.focus().set(point);
  };
  connect(scrubber_, &QSlider::valueChanged, this, [this, scrub](int to) {
    if (!following_ && stage_.run() != nullptr) scrub(to, scrubber_->isSliderDown());
  });
  connect(scrubber_, &QSlider::sliderReleased, this, [this, scrub] {
    if (stage_.run() != nullptr) scrub(scrubber_->value(), false);
  });
  connect(seed_, &QLineEdit::returnPressed, this, [this] {
    if (!seed_->text().isEmpty() && !seed()) return stopped_->setText(tr("A seed is at most 18,446,744,073,709,551,615."));
    if (session_.is_scenario()) session_.run(seed(), overrides());
  });
}

std::optional<std::uint64_t> MainWindow::seed() const {
  bool number = false;
  const qulonglong value = seed_->text().toULongLong(&number);
  return number ? std::optional<std::uint64_t>(value) : std::nullopt;
}

void MainWindow::icons() {
  const Theme& theme = appearance_.theme();
  const std::pair<const char*, Symbol> pairs[] = {{"open", Symbol::open}, {"run", Symbol::run}, {"check", Symbol::check}, {"cancel", Symbol::stop}, {"step", Symbol::step_forward},
                                                  {"step-back", Symbol::step_back}, {"next-fault", Symbol::duplicate}, {"next-violation", Symbol::fail}};
  show_playing();
  for (const auto& [name, symbol] : pairs) actions_[QString::fromLatin1(name)]->setIcon(icon_of(theme, symbol));
}

std::vector<std::string> MainWindow::overrides() const { return session_.is_of_file(stage_.snapshot().get()) ? stage_.snapshot()->asked : std::vector<std::string>(); }

void MainWindow::choose_file() {
  const QString folder = recent_.isEmpty() ? scenarios_ : QFileInfo(recent_.front()).absolutePath();
  const QString file = QFileDialog::getOpenFileName(this, tr("Open"), folder, tr("Scenarios, traces, counterexamples (*.json *.ftrace *.flowtrace *.counterexample);;All files (*)"));
  if (!file.isEmpty()) open_file(file);
}

Picture* MainWindow::picture_in_focus() const {
  for (QWidget* at = QApplication::focusWidget(); at != nullptr; at = at->parentWidget()) {
    if (auto* picture = dynamic_cast<Picture*>(at)) return picture;
  }
  return sequence_;
}

void MainWindow::export_picture() {
  const Picture* picture = picture_in_focus();
  if (stage_.run() == nullptr || picture->picture_size().isEmpty()) {
    stopped_->setText(tr("There is no picture to export yet."));
    return;
  }
  const QString file = QFileDialog::getSaveFileName(this, tr("Export picture"), picture->picture_name() + QStringLiteral(".svg"), tr("Vector (*.svg *.pdf);;Pixels (*.png)"));
  if (file.isEmpty()) return;
  const QString problem = export_to(*picture, file);
  stopped_->setText(problem.isEmpty() ? tr("Wrote %1.").arg(file) : problem);
}

ForkDialog* MainWindow::fork() {
  const Desk desk{session_, stage_, appearance_};
  const QString problem = ForkDialog::problem(desk);
  if (!problem.isEmpty()) {
    stopped_->setText(problem);
    return nullptr;
  }
  auto* dialog = new ForkDialog(desk, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  return dialog;
}

void MainWindow::show_keys() {
  QString rows;
  for (const QMenu* menu : menuBar()->findChildren<QMenu*>(QString(), Qt::FindDirectChildrenOnly)) {
    for (const QAction* action : menu->actions()) {
      if (action->shortcut().isEmpty()) continue;
      rows += QStringLiteral("<tr><td style='padding-right: 18px'><b>%1</b></td><td>%2</td></tr>").arg(action->shortcut().toString(QKeySequence::NativeText).toHtmlEscaped(), action->statusTip().toHtmlEscaped());
    }
  }
  rows += QStringLiteral("<tr><td><b>W S A D Home Z</b></td><td>%1</td></tr>").arg(tr("In pictures: zoom, move, fit, zoom to the cause"));
  QMessageBox box(QMessageBox::NoIcon, tr("Keys"), QStringLiteral("<table>%1</table>").arg(rows), QMessageBox::Close, this);
  box.exec();
}

void MainWindow::show_about() {
  QMessageBox::about(this, tr("About Flowtank"),
                     tr("<b>Flowtank %1</b><p>Simulates event-driven services with faults and says whether they stay consistent: with a proof within bounds, or with a shortest counterexample.<p>Apache License 2.0. Built on Qt %2.")
                         .arg(QStringLiteral(FLOWTANK_VERSION), QString::fromLatin1(qVersion())));
}

}  // namespace flowtank::gui
