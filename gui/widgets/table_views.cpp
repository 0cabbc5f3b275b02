// SPDX-License-Identifier: Apache-2.0
// See table_views.hpp: what all tables share, verdicts and events.
#include "gui/widgets/table_views.hpp"

#include <QHeaderView>
#include <QVBoxLayout>

#include <reports/text.hpp>

#include "gui/widgets/row_delegate.hpp"

namespace flowtank::gui {

QTableView* plain_table(QAbstractItemModel* model, QWidget* parent) {
  auto* table = new QTableView(parent);
  table->setModel(model);
  table->verticalHeader()->hide();
  table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table->verticalHeader()->setDefaultSectionSize(25);
  table->horizontalHeader()->setHighlightSections(false);
  table->horizontalHeader()->setStretchLastSection(true);
  table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  return table;
}

VerdictsView::VerdictsView(const Desk& desk, QWidget* parent) : QWidget(parent), desk_(desk), table_(plain_table(&model_, this)), summary_(new QLabel(this)) {
  table_->setItemDelegate(new VerdictDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Verdicts"));
  summary_->setProperty("role", "dim");
  summary_->setContentsMargins(8, 3, 8, 3);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(summary_);
  column->addWidget(table_, 1);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &VerdictsView::show_snapshot);
  connect(&desk_.stage, &Stage::verdict_changed, this, &VerdictsView::show_choice);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
    if (now.isValid() && !following_) desk_.stage.choose_verdict(static_cast<std::uint32_t>(now.row()));
  });
  // Clicking the verdict that is chosen goes to its cause again.
  connect(table_, &QTableView::clicked, this, [this](const QModelIndex& at) { desk_.stage.choose_verdict(static_cast<std::uint32_t>(at.row())); });
  show_snapshot();
}

void VerdictsView::show_snapshot() {
  following_ = true;
  model_.show(desk_.stage.snapshot());
  following_ = false;
  summary_->setText(model_.summary().isEmpty() ? tr("Nothing was run yet.") : model_.summary());
  const bool long_words = model_.summary().contains(QStringLiteral("inconclusive"));
  const int verdict = long_words ? 124 : 92, strength = 100;
  table_->setColumnWidth(VerdictModel::verdict, verdict);
  table_->setColumnWidth(VerdictModel::strength, strength);
  table_->setColumnWidth(VerdictModel::property, std::max(178, (table_->viewport()->width() - verdict - strength) * 6 / 10));
  show_choice();
}

void VerdictsView::show_choice() {
  following_ = true;
  if (static_cast<int>(desk_.stage.verdict()) < model_.rowCount() && desk_.stage.verdict() != none) table_->setCurrentIndex(model_.index(static_cast<int>(desk_.stage.verdict()), 0));
  else table_->clearSelection();
  following_ = false;
}

EventsView::EventsView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), model_(desk.stage), table_(plain_table(&model_, this)), filter_(new QLineEdit(this)), said_(new QLabel(this)) {
  table_->setItemDelegate(new EventDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Events"));
  filter_->setPlaceholderText(tr("Filter, e.g. service:payment kind:delivered key=o-7 !acked, or = and CEL"));
  filter_->setAccessibleName(tr("Filter of events"));
  filter_->setClearButtonEnabled(true);
  auto* inner = new QToolButton(this);
  inner->setText(tr("Inner steps"));
  inner->setToolTip(tr("Also what happens inside of a handler run before anybody can see it"));
  inner->setCheckable(true);
  said_->setProperty("role", "dim");
  auto* strip = tool_strip({filter_, inner, said_}, this);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(strip);
  column->addWidget(table_, 1);
  const int widths[] = {84, 130, 130, 120};
  for (int c = 0; c < 4; ++c) table_->setColumnWidth(c, widths[c]);
  connect(&desk_.stage, &Stage::snapshot_changed, this, [this] { model_.reset(); });
  connect(&desk_.stage, &Stage::verdict_changed, this, [this] { table_->viewport()->update(); });
  connect(&desk_.stage.focus(), &Focus::changed, this, &EventsView::follow);
  connect(&model_, &EventModel::filtered, this, [this] {
    say();
    follow();
  });
  connect(inner, &QToolButton::toggled, &model_, &EventModel::show_inner);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    model_.set_filter(text);
    say();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
    if (now.isValid() && !following_) desk_.stage.focus().set_record(model_.record(now.row()));
  });
  model_.reset();
  say();
}

void EventsView::follow() {
  if (desk_.stage.run() != nullptr) model_.reset();
  const int row = desk_.stage.record() == no_record ? -1 : model_.row_of(desk_.stage.record());
  following_ = true;
  if (row >= 0 && model_.record(row) == desk_.stage.record()) {
    if (table_->currentIndex().row() != row) table_->setCurrentIndex(model_.index(row, 0));
  } else {
    table_->clearSelection();
    if (row >= 0) table_->scrollTo(model_.index(row, 0));
  }
  following_ = false;
}

void EventsView::say() {
  if (!model_.problem().isEmpty()) return said_->setText(model_.problem());
  const auto number = [](std::size_t n) { return QString::fromStdString(thousands(n)); };
  QString text = tr("%1 of %2").arg(number(static_cast<std::size_t>(model_.rowCount())), number(model_.total()));
  if (model_.filtering()) text += tr(", looked at %1").arg(number(model_.looked_at()));
  said_->setText(text);
}

}  // namespace flowtank::gui
