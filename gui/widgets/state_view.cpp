// SPDX-License-Identifier: Apache-2.0
// See table_views.hpp: the state at the focus. It follows what changes: the store that the event in focus changed is
// shown, unless the user pinned another.
#include <QHeaderView>
#include <QVBoxLayout>

#include <algorithm>

#include "gui/widgets/row_delegate.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {

StateView::StateView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), table_(plain_table(&model_, this)), stores_(new QComboBox(this)), changes_(plain_label(this, "dim")), follow_(new QToolButton(this)), empty_(plain_label(this, "dim")) {
  table_->setItemDelegate(new StateDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("State"));
  stores_->setAccessibleName(tr("Store"));
  stores_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  stores_->setMinimumContentsLength(16);
  follow_->setText(tr("Follow changes"));
  follow_->setToolTip(tr("Shows the store that the event in focus changed"));
  follow_->setCheckable(true);
  follow_->setChecked(true);
  empty_->setWordWrap(true);
  empty_->setContentsMargins(10, 8, 10, 8);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_strip({stores_, follow_, nullptr, changes_}, this));
  column->addWidget(empty_);
  column->addWidget(table_, 1);
  connect(&desk_.stage.focus(), &Focus::changed, this, &StateView::refresh);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &StateView::refresh);
  connect(stores_, &QComboBox::activated, this, [this](int store) {
    follow_->setChecked(false);
    choose(store);
  });
  connect(follow_, &QToolButton::toggled, this, [this](bool on) {
    if (on) refresh();
  });
  refresh();
}

void StateView::refresh() {
  const RunReader* run = desk_.stage.run();
  const QString chosen = stores_->currentData().toString();
  state_ = run == nullptr || desk_.stage.record() == no_record ? StateAt{} : state_at(*run, run->settled(desk_.stage.record()), desk_.stage.record() == 0 ? no_record : desk_.stage.record() - 1);
  stores_->clear();
  int most = -1, again = -1, first = -1;
  for (std::size_t i = 0; i < state_.stores.size(); ++i) {
    const Store& store = state_.stores[i];
    const QString name = QString::fromStdString(store.name);
    QString words = tr("%1 (%2)").arg(name).arg(store.rows.size() - store.removed);
    if (store.changes() != 0) words += QStringLiteral("  ") + (store.added != 0 ? QStringLiteral("+%1 ").arg(store.added) : QString()) +
                                       (store.changed != 0 ? QStringLiteral("~%1 ").arg(store.changed) : QString()) +
                                       (store.removed != 0 ? QStringLiteral("−%1").arg(store.removed) : QString());
    stores_->addItem(words, name);
    if (name == chosen) again = static_cast<int>(i);
    if (first < 0 && !store.rows.empty()) first = static_cast<int>(i);
    // A table of a service says more than a queue.
    const auto worth = [&](const Store& s) { return s.changes() == 0 ? 0 : s.table != none && s.service != none ? 3 : s.table != none ? 2 : 1; };
    if (worth(store) > 0 && (most < 0 || worth(store) > worth(state_.stores[static_cast<std::size_t>(most)]))) most = static_cast<int>(i);
  }
  const bool nothing = state_.stores.empty();
  empty_->setVisible(nothing);
  table_->setVisible(!nothing);
  stores_->setEnabled(!nothing);
  empty_->setText(run == nullptr || desk_.stage.record() == no_record ? tr("What every store, queue and timer holds at the event in focus.")
                  : !state_.known                                     ? tr("This trace was recorded without states. Record it with --trace-level full.")
                                                                      : tr("Nothing is held yet."));
  // The event itself may change nothing: then what is chosen stays.
  const int pick = follow_->isChecked() && most >= 0 ? most : again >= 0 ? again : first >= 0 ? first : nothing ? -1 : 0;
  choose(pick);
}

void StateView::choose(int store) {
  if (store < 0 || static_cast<std::size_t>(store) >= state_.stores.size()) {
    model_.show({});
    changes_->clear();
    return;
  }
  stores_->setCurrentIndex(store);
  const Store& shown = state_.stores[static_cast<std::size_t>(store)];
  model_.show(shown);
  changes_->setText(shown.changes() == 0 ? tr("no change here") : tr("%1 changed here").arg(shown.changes()));
  table_->setColumnWidth(0, 24);
  table_->horizontalHeader()->setMinimumSectionSize(20);
  const int columns = model_.columnCount();
  for (int c = 1; c < columns; ++c) {
    table_->resizeColumnToContents(c);
    table_->setColumnWidth(c, std::clamp(table_->columnWidth(c) + 12, 60, 260));
  }
  const int change = model_.first_change();
  if (change >= 0) table_->scrollTo(model_.index(change, 0), QAbstractItemView::PositionAtCenter);
}

}  // namespace flowtank::gui
