// SPDX-License-Identifier: Apache-2.0
// See faults_view.hpp. "Without" sets the budget of the fault to 0, as the Cause view does; nothing is written to the file.
#include "gui/widgets/faults_view.hpp"

#include <QHeaderView>
#include <QVBoxLayout>

#include "gui/models/words.hpp"
#include "gui/widgets/row_delegate.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {

FaultsView::FaultsView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), model_(desk.stage), table_(plain_table(&model_, this)), without_(new QToolButton(this)), compare_(new QToolButton(this)), said_(plain_label(this, "dim")) {
  table_->setItemDelegate(new FaultDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Faults"));
  without_->setText(tr("Re-run without"));
  without_->setToolTip(tr("Runs the same seed again with this fault switched off"));
  without_->setFocusPolicy(Qt::StrongFocus);
  compare_->setText(tr("Compare without"));
  compare_->setToolTip(tr("Shows this run beside the same one without this fault"));
  compare_->setFocusPolicy(Qt::StrongFocus);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(tool_strip({without_, compare_, nullptr, said_}, this));
  column->addWidget(table_, 1);
  const int widths[] = {130, 110, 120, 420};
  for (int c = 0; c < 4; ++c) table_->setColumnWidth(c, widths[c]);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &FaultsView::refresh);
  connect(&desk_.stage, &Stage::verdict_changed, this, &FaultsView::refresh);
  connect(&desk_.stage.focus(), &Focus::changed, this, &FaultsView::follow);
  connect(&desk_.session, &Session::busy_changed, this, &FaultsView::show_choice);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
    show_choice();
    const RecordId record = model_.record(now.row());
    if (now.isValid() && !following_ && record != no_record) desk_.stage.focus().set_record(record);
  });
  connect(without_, &QToolButton::clicked, this, [this] { run_again(desk_, without()); });
  connect(compare_, &QToolButton::clicked, this, [this] {
    if (on_compare) on_compare(without(), tr("without %1").arg(model_.name(table_->currentIndex().row())));
  });
  refresh();
}

std::vector<std::string> FaultsView::without() const { return {QStringLiteral("faults.%1.budget=0").arg(model_.name(table_->currentIndex().row())).toStdString()}; }

void FaultsView::refresh() {
  following_ = true;
  model_.reset();
  following_ = false;
  said_->setText(model_.summary().isEmpty() ? tr("Nothing was run yet.") : model_.summary());
  follow();
  if (!table_->currentIndex().isValid() && model_.rowCount() > 0) {
    following_ = true;
    table_->setCurrentIndex(model_.index(0, 0));
    following_ = false;
  }
  show_choice();
}

void FaultsView::follow() {
  // Another run of the snapshot has other faults.
  if (!model_.is_of(desk_.stage.run())) return refresh();
  const int row = model_.row_of(desk_.stage.record());
  if (row < 0 || model_.rowCount() == 0) return;
  following_ = true;
  table_->setCurrentIndex(model_.index(row, 0));
  following_ = false;
}

void FaultsView::show_choice() {
  const bool chosen = table_->currentIndex().isValid() && !model_.name(table_->currentIndex().row()).isEmpty();
  const bool can = chosen && desk_.session.is_scenario() && desk_.session.is_of_file(desk_.stage.snapshot().get());
  without_->setEnabled(can && !desk_.session.busy());
  compare_->setEnabled(can && desk_.stage.snapshot()->driver == Driver::run);
}

}  // namespace flowtank::gui
