// SPDX-License-Identifier: Apache-2.0
// The events of a run as a virtual table: nothing is kept but the numbers of the events that pass the filter; texts are made of
// the rows that are seen. Filtering goes on in small pieces between other work, so that ten million events never stop the window; rows
// appear as they are found. Inner records (within a handler run, before anybody can see them) are left out unless asked for.
#pragma once

#include <QAbstractTableModel>
#include <QTimer>

#include <optional>
#include <span>
#include <vector>

#include "gui/models/event_filter.hpp"
#include "gui/session/stage.hpp"

namespace flowtank::gui {

class EventModel final : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { event, time, kind, where, what, columns };
  enum Role { record_role = Qt::UserRole, weight_role, step_role, look_role };
  explicit EventModel(const Stage& stage, QObject* parent = nullptr);

  // Another run is in focus, or none.
  void reset();
  // False and `problem()` when the filter cannot be understood: the old one stays. Without a run it is kept, and tried on
  // the next one; a run that cannot be filtered so shows no event.
  bool set_filter(const QString& text);
  void show_inner(bool inner);
  const QString& problem() const { return problem_; }
  // Why the expression of the filter has no value for some events (these are left out); empty when it has.
  QString without_value() const;
  bool filtering() const { return at_ < size_; }
  std::size_t looked_at() const { return at_; }
  std::size_t total() const { return size_; }

  RecordId record(int row) const;
  // The row of a record, or of the nearest one before it; -1 when there is none.
  int row_of(RecordId record) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 Q_SIGNALS:
  void filtered();  // more rows, or done

 private:
  void restart();
  void look_on();

  const Stage& stage_;
  const RunReader* run_ = nullptr;
  std::size_t size_ = 0;
  QString text_;
  QString problem_;
  bool inner_ = false;
  std::optional<EventFilter> filter_;  // nothing: no run, or `problem_` says why
  // Where nothing is filtered the rows are those of the index.
  std::span<const RecordId> rows() const { return shows_all_ ? run_->index().whole().events() : std::span<const RecordId>(rows_); }
  bool shows_all_ = false;
  std::vector<RecordId> rows_;
  std::size_t at_ = 0;
  QTimer timer_;
};

}  // namespace flowtank::gui
