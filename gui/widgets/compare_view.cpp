// SPDX-License-Identifier: Apache-2.0
// See compare_view.hpp: what is compared and what is shown of it. compare_controls.cpp makes the controls.
#include "gui/widgets/compare_view.hpp"

#include <QFileInfo>
#include <QPainter>
#include <QSignalBlocker>

#include <algorithm>

#include <reports/text.hpp>

#include "gui/models/words.hpp"
#include "gui/scene/paint.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {

CompareView::~CompareView() {
  other_.disconnect(this);
  comparing_.disconnect(this);
}

QString CompareView::scenario_file() const {
  return snapshot_a_ == nullptr ? QString() : snapshot_a_->scenario != nullptr ? QString::fromStdString(snapshot_a_->scenario->file) : QString::fromStdString(snapshot_a_->file);
}

void CompareView::begin() {
  if (snapshot_b_ != nullptr || other_.busy() || snapshot_a_ == nullptr || snapshot_a_->scenario == nullptr) return;
  const VerdictEntry* verdict = desk_.stage.verdict_entry();
  if (verdict != nullptr && verdict->verdict.kind == VerdictKind::fail) with_nearest();
}

void CompareView::with_file(const QString& file) {
  words_b_ = QFileInfo(file).fileName();
  select(entry_file);
  open_b(file);
}

void CompareView::with_nearest() {
  if (snapshot_a_ == nullptr || snapshot_a_->scenario == nullptr) return;
  JobRequest request = of_a();
  request.kind = JobKind::nearest;
  request.most_seconds = 60;
  const VerdictEntry* verdict = desk_.stage.verdict_entry();
  if (verdict != nullptr && verdict->verdict.kind == VerdictKind::fail) request.property = verdict->verdict.property;
  if (snapshot_a_->driver == Driver::check && data_a_ != nullptr) request.log = data_a_->log;
  words_b_.clear();
  select(entry_nearest);
  open_b(scenario_file(), std::move(request));
}

void CompareView::with_overrides(const std::vector<std::string>& overrides, const QString& words) {
  if (snapshot_a_ == nullptr || snapshot_a_->scenario == nullptr) return;
  JobRequest request = of_a();
  request.overrides.insert(request.overrides.end(), overrides.begin(), overrides.end());
  words_b_ = words;
  open_b(scenario_file(), std::move(request));
}

void CompareView::with_broker(const std::string& kind, const QString& words) {
  if (snapshot_a_ == nullptr || snapshot_a_->scenario == nullptr) return;
  JobRequest request = of_a();
  request.broker = kind;
  words_b_ = words;
  open_b(scenario_file(), std::move(request));
}

void CompareView::with_seed(std::uint64_t seed) {
  if (snapshot_a_ == nullptr || snapshot_a_->scenario == nullptr) return;
  JobRequest request = of_a();
  request.kind = JobKind::run;
  request.seed = seed;
  words_b_ = tr("seed %1").arg(seed);
  open_b(scenario_file(), std::move(request));
}

// What made A, once more.
JobRequest CompareView::of_a() const {
  JobRequest request;
  request.kind = snapshot_a_->driver == Driver::check ? JobKind::check : JobKind::run;
  request.overrides = snapshot_a_->overrides;
  request.seed = snapshot_a_->seed;
  request.horizon = snapshot_a_->horizon;
  return request;
}

// The old B goes at once: under another choice it would be taken for what was chosen.
void CompareView::open_b(const QString& file, JobRequest request) {
  snapshot_b_.reset();
  data_b_.reset();
  compare();
  other_.open(file, std::move(request));
}

// Goes to the row of the focus; nobody waits for it while the view is hidden.
void CompareView::follow() {
  if (following_ || !isVisible() || comparison_ == nullptr || desk_.stage.run() == nullptr || &desk_.stage.run()->data() != data_a_.get()) return;
  const int row = comparison_->row_of_a(desk_.stage.record());
  if (row >= 0 && row != row_) go_to_row(row);
}

void CompareView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
}

void CompareView::new_a() {
  const auto before = snapshot_a_;
  const auto data_before = data_a_;
  snapshot_a_ = desk_.stage.snapshot();
  const VerdictEntry* verdict = desk_.stage.verdict_entry();
  const std::uint32_t run = verdict != nullptr && verdict->run != none ? verdict->run : desk_.stage.focus().current().run;
  data_a_ = snapshot_a_ != nullptr && run < snapshot_a_->runs.size() ? snapshot_a_->runs[run] : nullptr;
  if (snapshot_a_ == before && data_a_ == data_before && before != nullptr) return;
  // Another file has another B.
  if (before != nullptr && snapshot_a_ != nullptr && before->file != snapshot_a_->file) {
    other_.cancel();
    snapshot_b_.reset();
    data_b_.reset();
  }
  list_choices();
  compare();
}

void CompareView::new_b() {
  snapshot_b_ = other_.snapshot();
  data_b_.reset();
  if (snapshot_b_ != nullptr && !snapshot_b_->runs.empty()) {
    const std::uint32_t urgent = most_urgent(*snapshot_b_);
    const std::uint32_t run = urgent < snapshot_b_->verdicts.size() ? snapshot_b_->verdicts[urgent].run : 0;
    data_b_ = snapshot_b_->runs[run < snapshot_b_->runs.size() ? run : 0];
  }
  if (snapshot_b_ != nullptr && !snapshot_b_->differs.empty()) words_b_ = name_of(snapshot_b_->differs);
  compare();
}

void CompareView::compare() {
  comparing_.cancel();
  comparison_.reset();
  row_ = -1;
  Diagnostics ignored;
  a_ = data_a_ == nullptr ? nullptr : RunReader::open(data_a_, ignored);
  b_ = data_b_ == nullptr ? nullptr : RunReader::open(data_b_, ignored);
  differences_.show(snapshot_a_, snapshot_b_);
  summary_->setText(differences_.summary());
  show_card(card_a_, snapshot_a_.get(), QString());
  show_card(card_b_, snapshot_b_.get(), words_b_);
  if (a_ != nullptr && b_ != nullptr) {
    comparing_.start([this, one = data_a_, two = data_b_](const std::atomic<bool>& cancelled) -> std::function<void()> {
      Diagnostics none_said;
      const auto a = RunReader::open(one, none_said), b = RunReader::open(two, none_said);
      auto found = a == nullptr || b == nullptr ? nullptr : compare_runs(*a, *b, cancelled);
      return [this, found] {
        comparison_ = found;
        go_to_difference(0);
        refresh();
      };
    });
  }
  refresh();
}

void CompareView::go_to_difference(int direction) {
  if (comparison_ == nullptr || comparison_->rows.empty()) return;
  int to = direction == 0 ? comparison_->difference_from(0, 1) : direction > 0 ? comparison_->difference_from(row_ + 1, 1) : comparison_->difference_from(row_, -1);
  if (to < 0) {
    if (direction != 0) return;
    to = 0;  // nothing differs
  }
  go_to_row(to);
}

void CompareView::go_to_row(int row) {
  if (comparison_ == nullptr || row < 0 || static_cast<std::size_t>(row) >= comparison_->rows.size()) return;
  row_ = row;
  const AlignedRow& at = comparison_->rows[static_cast<std::size_t>(row)];
  if (at.has_a() && desk_.stage.run() != nullptr && data_a_ != nullptr && &desk_.stage.run()->data() == data_a_.get()) {
    following_ = true;
    desk_.stage.focus().set_record(at.a);
    following_ = false;
  }
  refresh();
}

void CompareView::refresh() {
  const bool both = comparison_ != nullptr && a_ != nullptr && b_ != nullptr;
  for (QWidget* widget : {static_cast<QWidget*>(first_), static_cast<QWidget*>(overlay_), static_cast<QWidget*>(hide_), static_cast<QWidget*>(key_)}) widget->setEnabled(both);
  if (!both) {
    said_->clear();
    const std::vector<Diagnostic>& said = other_.diagnostics().all();
    const auto error = std::find_if(said.begin(), said.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
    const bool failed = !other_.busy() && error != said.end();
    headline_->setText(snapshot_a_ == nullptr ? tr("Run or open something first: it is A.")
                       : busy()               ? tr("Running B…")
                       : failed               ? tr("B cannot be run: %1.").arg(name_of(error->message))
                       : snapshot_b_ != nullptr ? tr("B has no run to show: Check found no counterexample.")
                                                : tr("Choose what to compare with."));
    scene_->show_message(failed ? name_of(error->hint) : tr("Two runs stand beside each other here, aligned by what caused what."));
    show_state();
    return;
  }
  QString headline = difference_words(*a_, *b_, *comparison_);
  if (!comparison_->whole) headline += QLatin1Char(' ') + tr("Of what comes after it %1 events of each run are compared. To compare what is later, run both with fewer requests (Ctrl+T) or a shorter horizon.").arg(text_of(thousands(most_compared)));
  headline_->setText(headline);
  QString counted = tr("%1 equal, then %2").arg(text_of(reports::counted(comparison_->equal_before, "event")), text_of(reports::counted(comparison_->differences.size(), "difference")));
  if (comparison_->moved != 0) counted += tr(", %1 in another order").arg(comparison_->moved);
  said_->setText(counted);
  CompareRequest request;
  request.row = row_;
  request.overlay = overlay_->isChecked();
  request.hide_matched = hide_->isChecked();
  request.key = key_->text().trimmed().toStdString();
  request.width = scene_->viewport()->width() - 2;
  CompareScene scene = compare_scene(*a_, *b_, *comparison_, request, measure_by_font);
  const QRectF focus = scene.focus_row;
  scene_->show_list(std::move(scene.list), std::move(scene.header));
  scene_->reveal(focus);
  show_state();
}

// What both held when the row was reached: after the last event of each side up to it.
void CompareView::show_state() {
  RecordId at_a = no_record, at_b = no_record;
  if (comparison_ != nullptr) {
    for (int i = row_; i >= 0 && (at_a == no_record || at_b == no_record); --i) {
      const AlignedRow& row = comparison_->rows[static_cast<std::size_t>(i)];
      if (at_a == no_record && row.has_a()) at_a = row.a;
      if (at_b == no_record && row.has_b()) at_b = row.b;
    }
  }
  state_differences_.clear();
  if (at_a != no_record && at_b != no_record && a_ != nullptr && b_ != nullptr) state_differences_ = differences_of(state_at(*a_, a_->settled(at_a)), state_at(*b_, b_->settled(at_b)));
  const QString before = stores_->currentData().toString();
  const QSignalBlocker blocked(stores_);
  stores_->clear();
  int again = -1;
  for (const Store& store : state_differences_) {
    const QString name = QString::fromStdString(store.name);
    if (name == before) again = stores_->count();
    stores_->addItem(tr("%1 (%2 differ)").arg(name).arg(store.changes()), name);
  }
  stores_->setEnabled(stores_->count() != 0);
  choose_store(again >= 0 ? again : stores_->count() != 0 ? 0 : -1);
  state_words_->setText(at_a == no_record && at_b == no_record ? QString() : state_differences_.empty() ? tr("both hold the same here") : tr("+ only in B, − only in A, ~ A → B"));
}

void CompareView::choose_store(int store) {
  if (store < 0 || static_cast<std::size_t>(store) >= state_differences_.size()) return state_.show({});
  stores_->setCurrentIndex(store);
  state_.show(state_differences_[static_cast<std::size_t>(store)]);
  state_table_->setColumnWidth(0, 24);
  for (int c = 1; c < state_.columnCount(); ++c) {
    state_table_->resizeColumnToContents(c);
    state_table_->setColumnWidth(c, std::clamp(state_table_->columnWidth(c) + 12, 60, 220));
  }
  const int change = state_.first_change();
  if (change >= 0) state_table_->scrollTo(state_.index(change, 0), QAbstractItemView::PositionAtCenter);
}

void CompareView::paint_picture(QPainter& painter) const {
  const Theme& theme = desk_.appearance.theme();
  painter.fillRect(QRectF(QPointF(), picture_size()), theme[Role::base]);
  paint(painter, theme, scene_->header());
  painter.translate(0, scene_->header().size.height());
  paint(painter, theme, scene_->list());
}

}  // namespace flowtank::gui
