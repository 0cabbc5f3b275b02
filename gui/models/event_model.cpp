// SPDX-License-Identifier: Apache-2.0
// See event_model.hpp. A timer calls look_on() to the end; each call adds the rows of about 8 ms.
#include "gui/models/event_model.hpp"

#include <QElapsedTimer>

#include <algorithm>

#include <reports/text.hpp>

#include "gui/models/words.hpp"

namespace flowtank::gui {

EventModel::EventModel(const Stage& stage, QObject* parent) : QAbstractTableModel(parent), stage_(stage) {
  timer_.setInterval(0);
  connect(&timer_, &QTimer::timeout, this, &EventModel::look_on);
}

void EventModel::reset() {
  if (stage_.run() == run_ && (run_ == nullptr || run_->size() == size_) && run_ != nullptr) return;
  beginResetModel();
  run_ = stage_.run();
  size_ = run_ == nullptr ? 0 : run_->size();
  rows_.clear();
  shows_all_ = false;
  filter_.reset();
  problem_.clear();
  if (run_ != nullptr) {
    std::string problem;
    filter_ = EventFilter::of(text_.toStdString(), *run_, problem);
    problem_ = QString::fromStdString(problem);
  }
  endResetModel();
  restart();
}

bool EventModel::set_filter(const QString& text) {
  problem_.clear();
  if (run_ != nullptr) {
    std::string problem;
    auto filter = EventFilter::of(text.toStdString(), *run_, problem);
    if (!filter) {
      problem_ = QString::fromStdString(problem);
      return false;
    }
    filter_ = std::move(filter);
  }
  text_ = text;
  restart();
  return true;
}

void EventModel::show_inner(bool inner) {
  if (inner_ == inner) return;
  inner_ = inner;
  restart();
}

void EventModel::restart() {
  beginResetModel();
  rows_.clear();
  shows_all_ = filter_ && filter_->is_empty() && !inner_;
  at_ = shows_all_ ? size_ : 0;
  endResetModel();
  look_on();
  if (filtering()) timer_.start();
}

QString EventModel::without_value() const { return filter_ ? QString::fromStdString(filter_->error()) : QString(); }

// A few milliseconds at a time.
void EventModel::look_on() {
  QElapsedTimer clock;
  clock.start();
  std::vector<RecordId> found;
  if (!filter_) at_ = size_;
  const bool simple = filter_ && filter_->is_empty();
  while (at_ < size_) {
    const auto id = static_cast<RecordId>(at_++);
    const bool inner_one = is_inner(run_->index().kind(id));
    if ((inner_ || !inner_one) && (simple || filter_->wants(id))) found.push_back(id);
    if (at_ % 256 == 0 && clock.elapsed() >= 8) break;
  }
  if (!found.empty()) {
    beginInsertRows({}, static_cast<int>(rows_.size()), static_cast<int>(rows_.size() + found.size()) - 1);
    rows_.insert(rows_.end(), found.begin(), found.end());
    endInsertRows();
  }
  if (!filtering()) timer_.stop();
  Q_EMIT filtered();
}

RecordId EventModel::record(int row) const {
  const auto all = rows();
  return row >= 0 && static_cast<std::size_t>(row) < all.size() ? all[static_cast<std::size_t>(row)] : no_record;
}

int EventModel::row_of(RecordId record) const {
  const auto all = rows();
  return static_cast<int>(std::upper_bound(all.begin(), all.end(), record) - all.begin()) - 1;
}

int EventModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows().size()); }
int EventModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant EventModel::data(const QModelIndex& index, int role) const {
  const RecordId id = index.isValid() ? record(index.row()) : no_record;
  if (id == no_record || run_ == nullptr) return {};
  if (role == record_role) return id;
  if (role == weight_role) return static_cast<int>(weight_of(run_->index().kind(id)));
  if (role == step_role || role == look_role) {
    const StoryRow* step = stage_.step_at(id);
    return step == nullptr ? QVariant() : role == step_role ? QVariant(step->number) : QVariant(static_cast<int>(step->look));
  }
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (index.column() <= time ? Qt::AlignRight : Qt::AlignLeft));
  if (role == Qt::ToolTipRole && index.column() == what) return tip_of(QString::fromStdString(run_->sentence(id)));
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case event: return QString::fromStdString(thousands(id));
    case time: return QString::fromStdString(run_->time(id));
    case kind: return QString::fromStdString(run_->kind(id));
    case where: return QString::fromStdString(run_->where(id));
    case what: return QString::fromStdString(run_->sentence(id));
    default: return {};
  }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (section <= time ? Qt::AlignRight : Qt::AlignLeft));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case event: return tr("event");
    case time: return tr("time");
    case kind: return tr("kind");
    case where: return tr("where");
    case what: return tr("what");
    default: return {};
  }
}

}  // namespace flowtank::gui
