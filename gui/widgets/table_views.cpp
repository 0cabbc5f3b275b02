// SPDX-License-Identifier: Apache-2.0
// See table_views.hpp: what all tables share, verdicts and events.
#include "gui/widgets/table_views.hpp"

#include <QHeaderView>
#include <QKeyEvent>
#include <QStyle>
#include <QVBoxLayout>

#include <reports/text.hpp>

#include "gui/models/words.hpp"
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

VerdictsView::VerdictsView(const Desk& desk, QWidget* parent) : QWidget(parent), desk_(desk), table_(plain_table(&model_, this)), summary_(plain_label(this, "dim")) {
  table_->setItemDelegate(new VerdictDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Verdicts"));
  summary_->setContentsMargins(8, 3, 8, 3);
  // The property has what the others leave; all of a cell is in its tool tip.
  table_->horizontalHeader()->setStretchLastSection(false);
  table_->horizontalHeader()->setSectionResizeMode(VerdictModel::property, QHeaderView::Stretch);
  table_->horizontalHeader()->setMinimumSectionSize(40);
  table_->setColumnWidth(VerdictModel::evidence, 84);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
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
  table_->setColumnWidth(VerdictModel::verdict, long_words ? 124 : 80);
  table_->setColumnWidth(VerdictModel::strength, 98);
  show_choice();
}

void VerdictsView::show_choice() {
  following_ = true;
  if (static_cast<int>(desk_.stage.verdict()) < model_.rowCount() && desk_.stage.verdict() != none) table_->setCurrentIndex(model_.index(static_cast<int>(desk_.stage.verdict()), 0));
  else table_->clearSelection();
  following_ = false;
}

EventsView::EventsView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), model_(desk.stage), table_(plain_table(&model_, this)), filter_(new QLineEdit(this)), said_(plain_label(this, "dim")) {
  table_->setItemDelegate(new EventDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Events"));
  filter_->setPlaceholderText(tr("Filter, e.g. service:payment kind:delivered key=o-7 !acked, or = and CEL"));
  filter_->setAccessibleName(tr("Filter of events"));
  filter_->setClearButtonEnabled(true);
  filter_->installEventFilter(this);
  QToolButton* inner = toggle_button(tr("Inner steps"), tr("Also what happens inside of a handler run before anybody can see it"), this);
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
  connect(filter_, &QLineEdit::textChanged, this, &EventsView::filter_changed);
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

namespace {

// One change of a filter; typing goes on with the same one.
class FilterEdit final : public QUndoCommand {
 public:
  // `filtered` is what the last edit left, so that what this sets is known to be no new one.
  FilterEdit(QLineEdit& filter, QString& filtered, QString from, QString to) : filter_(filter), filtered_(filtered), from_(std::move(from)), to_(std::move(to)) {}
  void undo() override { set(from_); }
  void redo() override { set(to_); }
  int id() const override { return 1; }
  bool mergeWith(const QUndoCommand* other) override {
    const auto* next = static_cast<const FilterEdit*>(other);
    // A word is one edit: what follows a space, or removes what was there, is another one.
    if (!next->to_.startsWith(to_) || next->to_.endsWith(QLatin1Char(' '))) return false;
    to_ = next->to_;
    return true;
  }

 private:
  void set(const QString& text) {
    filtered_ = text;
    filter_.setText(text);
  }
  QLineEdit& filter_;
  QString& filtered_;
  QString from_, to_;
};

}  // namespace

void EventsView::filter_changed(const QString& text) {
  if (text != filtered_) edits_.push(new FilterEdit(*filter_, filtered_, filtered_, text));
  model_.set_filter(text);
  say();
}

// The menu's undo is the filter's: the field has none of its own.
bool EventsView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == filter_ && (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress)) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
      event->ignore();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void EventsView::say() {
  const QString wrong = !model_.problem().isEmpty() ? model_.problem() : model_.without_value();
  said_->setProperty("role", wrong.isEmpty() ? "dim" : "error");
  said_->style()->unpolish(said_);
  said_->style()->polish(said_);
  said_->setToolTip(tip_of(wrong));
  filter_->setAccessibleDescription(wrong);
  if (!model_.problem().isEmpty()) return said_->setText(tr("Not understood: %1").arg(model_.problem()));
  const auto number = [](std::size_t n) { return QString::fromStdString(thousands(n)); };
  QString text = tr("%1 of %2").arg(number(static_cast<std::size_t>(model_.rowCount())), number(model_.total()));
  if (model_.filtering()) text += tr(", looked at %1").arg(number(model_.looked_at()));
  if (!wrong.isEmpty()) text = tr("%1; some have no value: %2").arg(text, wrong);
  said_->setText(text);
}

}  // namespace flowtank::gui
