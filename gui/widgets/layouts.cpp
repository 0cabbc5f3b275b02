// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: what the menus Edit and View do. A layout is where the docks are and which of them are seen; it is kept by
// name in the settings of the user, or as long as the window where nothing is remembered.
#include <QApplication>
#include <QDockWidget>
#include <QInputDialog>
#include <QMenuBar>
#include <QSettings>

#include <algorithm>

#include "gui/models/words.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/main_window.hpp"
#include "gui/widgets/sequence_view.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {

void MainWindow::make_edit_menu() {
  auto* menu = menuBar()->addMenu(tr("&Edit"));
  QUndoStack& filters = events_->edits();
  add(menu, {"undo", tr("&Undo filter"), tr("Takes back the last change of the filter of events"), {QKeySequence::Undo}, [&filters] { filters.undo(); }});
  add(menu, {"redo", tr("&Redo filter"), tr("Makes the change of the filter again that was taken back"), {QKeySequence::Redo}, [&filters] { filters.redo(); }});
  action(QStringLiteral("undo"))->setEnabled(false);
  action(QStringLiteral("redo"))->setEnabled(false);
  connect(&filters, &QUndoStack::canUndoChanged, action(QStringLiteral("undo")), &QAction::setEnabled);
  connect(&filters, &QUndoStack::canRedoChanged, action(QStringLiteral("redo")), &QAction::setEnabled);
  menu->addSeparator();
  add(menu, {"preferences", tr("&Preferences…"), tr("Colours, size of text, limits of runs"), {QKeySequence(Qt::CTRL | Qt::Key_Comma)}, [this] { show_preferences(); }});
}

void MainWindow::make_view_menu() {
  view_menu_ = menuBar()->addMenu(tr("&View"));
  add(view_menu_, {"diagnose", tr("&Diagnose"), tr("From a verdict to its cause"), {QKeySequence(Qt::CTRL | Qt::Key_2)}, [this] {
        if (stage_.snapshot() != nullptr) show_perspective(Perspective::diagnose);
      }});
  add(view_menu_, {"explore", tr("&Explore"), tr("The whole run: timeline, topology, sequence"), {QKeySequence(Qt::CTRL | Qt::Key_1)}, [this] {
        if (stage_.snapshot() != nullptr) show_perspective(Perspective::explore);
      }});
  add(view_menu_, {"problems", tr("&Problems"), tr("What is wrong with the file"), {QKeySequence(Qt::CTRL | Qt::Key_3)}, [this] {
        if (!session_.file().isEmpty()) show_perspective(Perspective::problems);
      }});
  add(view_menu_, {"compare", tr("&Compare"), tr("Two runs side by side, where they part"), {QKeySequence(Qt::CTRL | Qt::Key_4)}, [this] {
        if (stage_.snapshot() != nullptr) show_perspective(Perspective::compare);
      }});
  view_menu_->addSeparator();
  for (const auto& [name, made] : docks_) view_menu_->addAction(made->toggleViewAction());
  view_menu_->addSeparator();
  const std::pair<Scheme, QString> schemes[] = {{Scheme::system, tr("As the &system")}, {Scheme::light, tr("&Light")}, {Scheme::dark, tr("Dar&k")}};
  const char* names[] = {"scheme-system", "scheme-light", "scheme-dark"};
  for (int i = 0; i < 3; ++i) add(view_menu_, {names[i], schemes[i].second, tr("Colours of the window"), {}, [this, scheme = schemes[i].first] { set_scheme(scheme); }});
  // Tab goes on inside of a view; this goes from view to view.
  add(view_menu_, {"next-view", tr("Ne&xt view"), tr("Keys go to the next view"), {QKeySequence(Qt::CTRL | Qt::Key_Tab), QKeySequence(Qt::CTRL | Qt::Key_PageDown)}, [this] { to_next_view(1); }});
  add(view_menu_, {"previous-view", tr("Pre&vious view"), tr("Keys go to the view before"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Tab), QKeySequence(Qt::CTRL | Qt::Key_PageUp)}, [this] { to_next_view(-1); }});
  view_menu_->addSeparator();
  make_layout_menu();
}

void MainWindow::to_next_view(int direction) {
  QList<QWidget*> views{pages_->currentWidget()};
  for (const char* name : {"topology", "verdicts", "cause", "state", "timeline", "events", "charts", "faults"}) views << docks_[QString::fromLatin1(name)]->widget();
  const QWidget* now = QApplication::focusWidget();
  qsizetype at = -1;
  for (qsizetype i = 0; i < views.size(); ++i) {
    if (now != nullptr && (views[i] == now || views[i]->isAncestorOf(now))) at = i;
  }
  for (qsizetype step = 1; step <= views.size(); ++step) {
    QWidget* next = views[(at + direction * step + 2 * views.size()) % views.size()];
    // One of a stack of tabs is hidden behind another until it is raised.
    auto* dock = qobject_cast<QDockWidget*>(next->parentWidget());
    if (dock != nullptr ? dock->isHidden() : !next->isVisible()) continue;
    if (dock != nullptr) dock->raise();
    const QList<QAbstractScrollArea*> areas = next->findChildren<QAbstractScrollArea*>();
    const auto area = std::find_if(areas.begin(), areas.end(), [next](const QAbstractScrollArea* one) { return one->isVisibleTo(next) && one->focusPolicy() != Qt::NoFocus; });
    QWidget* inside = qobject_cast<QAbstractScrollArea*>(next) != nullptr || area == areas.end() ? next : *area;
    inside->setFocus(Qt::TabFocusReason);
    return;
  }
}

// ---- layouts ----------------------------------------------------------------------------------------

void MainWindow::make_layout_menu() {
  auto* menu = view_menu_->addMenu(tr("&Layouts"));
  add(menu, {"save-layout", tr("&Save layout…"), tr("Keeps where the views are under a name"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L)}, [this] {
        const QString name = QInputDialog::getText(this, tr("Save layout"), tr("Name"));
        if (!name.trimmed().isEmpty()) save_layout(name.trimmed());
      }});
  add(menu, {"remove-layout", tr("&Remove layout…"), tr("Forgets a layout that was kept"), {}, [this] {
        bool chosen = false;
        const QString name = QInputDialog::getItem(this, tr("Remove layout"), tr("Name"), layouts(), 0, false, &chosen);
        if (chosen) remove_layout(name);
      }});
  add(menu, {"default-layout", tr("As it &was at first"), tr("Puts all views back to where they belong"), {}, [this] {
        if (stage_.snapshot() != nullptr) show_perspective(Perspective::diagnose);
      }});
  menu->addSeparator();
  const qsizetype own = menu->actions().size();
  // Made anew each time it is opened: names come and go.
  connect(menu, &QMenu::aboutToShow, this, [this, menu, own] {
    const QList<QAction*> all = menu->actions();
    for (qsizetype i = own; i < all.size(); ++i) delete all[i];
    for (const QString& name : layouts()) menu->addAction(label_of(name), this, [this, name] { restore_layout(name); });
    action(QStringLiteral("remove-layout"))->setEnabled(!layouts().isEmpty());
  });
}

QStringList MainWindow::layouts() const {
  if (!remember_) {
    QStringList names;
    for (const auto& [name, state] : layouts_) names << name;
    return names;
  }
  QSettings settings;
  settings.beginGroup(QStringLiteral("layouts"));
  QStringList names = settings.childKeys();
  // Keys of settings must not hold slashes.
  for (QString& name : names) name = QString::fromUtf8(QByteArray::fromPercentEncoding(name.toLatin1()));
  names.sort();
  return names;
}

namespace {

QString layout_key(const QString& name) { return QStringLiteral("layouts/") + QString::fromLatin1(name.toUtf8().toPercentEncoding()); }

}  // namespace

void MainWindow::save_layout(const QString& name) {
  if (!remember_) layouts_[name] = saveState();
  else QSettings().setValue(layout_key(name), saveState());
}

bool MainWindow::restore_layout(const QString& name) {
  const auto found = layouts_.find(name);
  const QByteArray state = !remember_ ? (found == layouts_.end() ? QByteArray() : found->second) : QSettings().value(layout_key(name)).toByteArray();
  if (state.isEmpty() || stage_.snapshot() == nullptr) return false;
  pages_->setCurrentWidget(sequence_);
  return restoreState(state);
}

void MainWindow::remove_layout(const QString& name) {
  layouts_.erase(name);
  if (remember_) QSettings().remove(layout_key(name));
}

}  // namespace flowtank::gui
